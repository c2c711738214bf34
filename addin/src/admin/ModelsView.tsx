/** Which version serves, gate reports side by side, and the deeds: promote, canary, roll back. */

import { useState } from "react";
import { useAdmin } from "./context";
import { count, decimal, moment, rate, words } from "./format";
import { Problem, Ready, useDeed, useLoaded } from "./loading";
import type { GateReport, Serving, Version } from "./wire";

export function ModelsView() {
  const { api } = useAdmin();
  const workspaces = useLoaded(api.workspaces, "workspaces");
  const [chosen, setChosen] = useState<string | null>(null);
  const workspace = chosen ?? workspaces.value?.[0]?.name ?? "default";
  return (
    <div className="stack">
      <Ready of={workspaces}>
        {(known) => (
          <>
            <div className="choices">
              <label>
                <span>workspace</span>
                <select value={workspace} onChange={(event) => setChosen(event.target.value)}>
                  {(known.length > 0 ? known.map(({ name }) => name) : ["default"]).map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              </label>
            </div>
            <Versions key={workspace} workspace={workspace} />
          </>
        )}
      </Ready>
      <Reports />
    </div>
  );
}

function Versions({ workspace }: { workspace: string }) {
  const { api } = useAdmin();
  const serving = useLoaded(() => api.models(workspace), workspace);
  const deed = useDeed();
  const [reason, setReason] = useState("");
  const act = (work: () => Promise<Serving>) =>
    deed.run(async () => {
      serving.set(await work());
      setReason("");
    });
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <Problem text={deed.problem} />
      <Ready of={serving}>
        {(value) => (
          <>
            <p>
              <strong>{value.state.current ?? "The shipped model"}</strong> serves
              {value.state.canary !== null && (
                <>
                  , <strong>{value.state.canary}</strong> gets {rate(value.state.share)} of the workbooks as a
                  canary
                </>
              )}
              .
            </p>
            <div className="bar-line">
              <input
                aria-label="Reason, for the audit trail"
                placeholder="Reason, for the audit trail"
                value={reason}
                maxLength={1000}
                onChange={(event) => setReason(event.target.value)}
              />
              <button
                type="button"
                disabled={deed.isBusy || (value.state.canary === null && value.state.earlier.length === 0)}
                onClick={() => act(() => api.rollBack(workspace, reason))}
              >
                {value.state.canary === null ? "Roll back" : "Take the canary back"}
              </button>
            </div>
            {value.versions.length === 0 ? (
              <p className="quiet empty">Tuning has made no version for this workspace yet.</p>
            ) : (
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">version</th>
                    <th scope="col">made</th>
                    <th scope="col">recipe</th>
                    <th scope="col">gate</th>
                    <th scope="col">serves</th>
                    <th scope="col">
                      <span className="hidden">Deeds</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {[...value.versions].reverse().map((version) => (
                    <VersionRow
                      key={version.name}
                      version={version}
                      serving={value}
                      isBusy={deed.isBusy}
                      promote={(share) =>
                        act(() =>
                          api.promote(workspace, version.name, share, reason, version.decided !== "promote"),
                        )
                      }
                    />
                  ))}
                </tbody>
              </table>
            )}
          </>
        )}
      </Ready>
    </section>
  );
}

interface VersionRowProps {
  readonly version: Version;
  readonly serving: Serving;
  readonly isBusy: boolean;
  readonly promote: (share: number) => void;
}

function VersionRow({ version, serving, isBusy, promote }: VersionRowProps) {
  const { state } = serving;
  const isCurrent = state.current === version.name;
  const isCanary = state.canary === version.name;
  const [isForcing, setForcing] = useState(false);
  const hasPassed = version.decided === "promote";
  const next = isCanary ? serving.next_share : 0.05;
  return (
    <tr>
      <th scope="row">{version.name}</th>
      <td>{moment(version.created)}</td>
      <td>{version.recipe}</td>
      <td>
        <span className={`chip ${hasPassed ? "outcome-accepted" : "outcome-rejected"}`}>
          {version.decided === "" ? "not asked" : words(version.decided)}
        </span>
      </td>
      <td>{isCurrent ? "all" : isCanary ? rate(state.share) : ""}</td>
      <td className="deeds">
        {!isCurrent &&
          (hasPassed || isForcing ? (
            <>
              {next < 1 && (
                <button type="button" className="small" disabled={isBusy} onClick={() => promote(next)}>
                  {isCanary ? "On to" : "Canary"} {rate(next)}
                </button>
              )}
              <button type="button" className="small primary" disabled={isBusy} onClick={() => promote(1)}>
                {hasPassed ? "Promote" : "Promote by force"}
              </button>
            </>
          ) : (
            <button type="button" className="small" onClick={() => setForcing(true)}>
              Promote against the gate…
            </button>
          ))}
      </td>
    </tr>
  );
}

function Reports() {
  const { api } = useAdmin();
  const reports = useLoaded(api.reports, "reports");
  const [picked, setPicked] = useState<readonly string[] | null>(null);
  return (
    <section aria-labelledby="reports">
      <h2 id="reports">Gate reports</h2>
      <Ready of={reports}>
        {(known) => {
          const ids = picked ?? known.slice(0, 2).map(({ id }) => id);
          const shown = known.filter(({ id }) => ids.includes(id));
          if (known.length === 0) return <p className="quiet empty">The gate has not judged anything yet.</p>;
          return (
            <>
              <fieldset className="picks">
                <legend className="quiet">Side by side</legend>
                {known.slice(0, 20).map(({ id, candidate, created_at }) => (
                  <label key={id}>
                    <input
                      type="checkbox"
                      checked={ids.includes(id)}
                      onChange={({ target }) =>
                        setPicked(target.checked ? [...ids, id] : ids.filter((other) => other !== id))
                      }
                    />
                    {candidate} <span className="quiet">{moment(created_at)}</span>
                  </label>
                ))}
              </fieldset>
              <div className="side-by-side">
                {shown.map((report) => (
                  <Report key={report.id} report={report} />
                ))}
              </div>
            </>
          );
        }}
      </Ready>
    </section>
  );
}

function Report({ report }: { report: GateReport }) {
  const { suites = [], guards = [], reasons = [], notes = [] } = report.report;
  const hasPassed = report.decided === "promote";
  return (
    <article className="report" aria-label={`Gate report of ${report.candidate}`}>
      <header>
        <h3>{report.candidate}</h3>
        <span className={`chip ${hasPassed ? "outcome-accepted" : "outcome-rejected"}`}>
          {words(report.decided)}
        </span>
      </header>
      <p className="quiet">
        against {report.incumbent || "the shipped model"} · {moment(report.created_at)}
      </p>
      {reasons.length > 0 && (
        <ul className="reasons">
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable by keyboard */}
      <section className="scroll" tabIndex={0} aria-label={`Measures of ${report.candidate}`}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">measure</th>
              <th scope="col">incumbent</th>
              <th scope="col">candidate</th>
              <th scope="col">difference or limit</th>
              <th scope="col">tasks</th>
            </tr>
          </thead>
          <tbody>
            {suites.map((suite) => (
              <tr key={suite.suite} className={suite.passes ? "" : "fails"}>
                <th scope="row">{words(suite.suite)}</th>
                <td className="number">{decimal(suite.incumbent, 3)}</td>
                <td className="number">{decimal(suite.candidate, 3)}</td>
                <td className="number">
                  {decimal(suite.low, 3)} to {decimal(suite.high, 3)}
                  {!suite.passes && " · fails"}
                </td>
                <td className="number">{count(suite.tasks)}</td>
              </tr>
            ))}
            {guards.map((guard) => (
              <tr key={guard.name} className={guard.passes ? "" : "fails"}>
                <th scope="row">{words(guard.name)}</th>
                <td className="number">{decimal(guard.incumbent, 3)}</td>
                <td className="number">{decimal(guard.candidate, 3)}</td>
                <td className="number">
                  {guard.is_upper ? "at most" : "at least"} {decimal(guard.limit, 3)}
                  {!guard.passes && " · fails"}
                </td>
                <td />
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {notes.map((note) => (
        <p key={note} className="quiet">
          {note}
        </p>
      ))}
    </article>
  );
}
