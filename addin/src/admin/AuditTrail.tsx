/** Who did what, the latest first. */

import { useAdmin } from "./context";
import { moment } from "./format";
import { Ready, useLoaded } from "./loading";

export function AuditTrail() {
  const { api } = useAdmin();
  const entries = useLoaded(api.audit, "audit");
  return (
    <section aria-labelledby="trail">
      <h2 id="trail">Who did what</h2>
      <Ready of={entries}>
        {(known) =>
          known.length === 0 ? (
            <p className="quiet empty">Nobody has done anything here yet.</p>
          ) : (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">when</th>
                  <th scope="col">who</th>
                  <th scope="col">did</th>
                  <th scope="col">to</th>
                  <th scope="col">how</th>
                </tr>
              </thead>
              <tbody>
                {known.map((entry, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a list that is only read
                  <tr key={at}>
                    <td className="nowrap">{moment(entry.at)}</td>
                    <td>{entry.user}</td>
                    <td>{entry.action}</td>
                    <td className="subject">{entry.subject}</td>
                    <td className="quiet">{entry.detail}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Ready>
    </section>
  );
}
