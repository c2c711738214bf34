/** Do reviewers agree, whose decisions can be learned from, and what would other rankings have earned. */

import { useAdmin } from "./context";
import { count, decimal, person as named, rate } from "./format";
import { Ready, useLoaded } from "./loading";
import type { Agreement, Estimate, OffPolicy, Trust } from "./wire";

export function ReviewersView() {
  const { api } = useAdmin();
  const agreement = useLoaded(api.agreement, "agreement");
  const trust = useLoaded(api.trust, "trust");
  const replay = useLoaded(api.replay, "replay");
  return (
    <div className="stack">
      <section aria-labelledby="agreement">
        <h2 id="agreement">Agreement between reviewers</h2>
        <Ready of={agreement}>{(pairs) => <Agreements pairs={pairs} />}</Ready>
      </section>
      <section aria-labelledby="trust">
        <h2 id="trust">Whose decisions count</h2>
        <p className="quiet">
          Trust is what a decision weighs in tuning. It falls for people who decide against the evidence,
          decide more than anybody can read, or accept only what says nothing.
        </p>
        <Ready of={trust}>{(people) => <People people={people} />}</Ready>
      </section>
      <section aria-labelledby="replay">
        <h2 id="replay">Other rankings on the log</h2>
        <p className="quiet">
          What the shipped rankings would have earned, estimated from what was logged. With few effective
          samples an estimate says little; exploration in a workspace gives more.
        </p>
        <Ready of={replay}>{({ rankings }) => <Replayed rankings={rankings} />}</Ready>
      </section>
    </div>
  );
}

function Agreements({ pairs }: { pairs: readonly Agreement[] }) {
  if (pairs.length === 0)
    return <p className="quiet empty">No two reviewers have labelled the same suggestion yet.</p>;
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">reviewers</th>
          <th scope="col">both labelled</th>
          <th scope="col">alike</th>
          <th scope="col">Cohen’s kappa</th>
          <th scope="col">seen differently</th>
        </tr>
      </thead>
      <tbody>
        {pairs.map((pair) => (
          <tr key={`${pair.first} ${pair.second}`}>
            <th scope="row">
              {pair.first} and {pair.second}
            </th>
            <td className="number">{count(pair.both)}</td>
            <td className="number">{count(pair.equal)}</td>
            <td className="number">{decimal(pair.kappa)}</td>
            <td>
              {pair.disputed.slice(0, 4).map((id) => (
                <code key={id}>{id.slice(0, 8)} </code>
              ))}
              {pair.disputed.length > 4 && <span className="quiet">and {pair.disputed.length - 4} more</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function People({ people }: { people: readonly Trust[] }) {
  if (people.length === 0) return <p className="quiet empty">Nobody has decided on a suggestion yet.</p>;
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">person</th>
          <th scope="col">trust</th>
          <th scope="col">suspicion</th>
          <th scope="col">decisions</th>
          <th scope="col">with others</th>
          <th scope="col">accepts without new errors</th>
          <th scope="col">trivial accepts</th>
          <th scope="col">busiest day</th>
        </tr>
      </thead>
      <tbody>
        {people.map((person) => (
          <tr key={person.user}>
            <th scope="row">{named(person.user) || "not named"}</th>
            <td className="number">{decimal(person.trust)}</td>
            <td>
              {person.suspicion === "none" ? (
                <span className="quiet">none</span>
              ) : (
                <span className="chip outcome-rejected">{person.suspicion}</span>
              )}
            </td>
            <td className="number">{count(person.decisions)}</td>
            <td className="number">{rate(person.peers)}</td>
            <td className="number">{rate(person.verified)}</td>
            <td className="number">{rate(person.trivial)}</td>
            <td className="number">{count(person.busiest_day)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Replayed({ rankings }: { rankings: Readonly<Record<string, OffPolicy>> }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">ranking</th>
          <th scope="col">as logged</th>
          <th scope="col">clipped SNIPS</th>
          <th scope="col">doubly robust</th>
          <th scope="col">decisions</th>
          <th scope="col">effective</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(rankings).map(([name, told]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="number">{decimal(told.logged)}</td>
            <td className="number">{interval(told.snips)}</td>
            <td className="number">{interval(told.doubly_robust)}</td>
            <td className="number">{count(told.samples)}</td>
            <td className="number">{decimal(told.effective_samples, 0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const interval = (found: Estimate | null): string =>
  found === null ? "–" : `${decimal(found.value)} (${decimal(found.low)} to ${decimal(found.high)})`;
