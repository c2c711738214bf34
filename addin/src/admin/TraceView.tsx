/** One suggestion, whole: what it would do, what became of it, the candidates, the context, labels. */

import type { RefObject } from "react";
import { useAdmin } from "./context";
import { count, decimal, milliseconds, moment, person, rate, words } from "./format";
import { GridDiff } from "./GridDiff";
import { Ready, useLoaded } from "./loading";
import type { Candidate, LabelKind, Outcome, Trace } from "./wire";

interface Props {
  readonly id: string;
  /** Newer than what was loaded: the answer to a label. */
  readonly fresh: Trace | null;
  readonly label: (kind: LabelKind) => void;
  readonly isBusy: boolean;
  readonly note: RefObject<HTMLInputElement | null>;
}

const LABELS: readonly (readonly [LabelKind, string, string])[] = [
  ["good", "Good", "g"],
  ["bad", "Bad", "b"],
  ["exclude", "Exclude", "x"],
];

export function TraceView({ id, fresh, label, isBusy, note }: Props) {
  const { api } = useAdmin();
  const loaded = useLoaded(() => api.trace(id), id);
  return (
    <article className="trace" aria-label="The chosen suggestion">
      <fieldset className="labelling">
        <legend className="hidden">Label it</legend>
        {LABELS.map(([kind, name, key]) => (
          <button
            key={kind}
            type="button"
            className={`label-${kind}`}
            disabled={isBusy}
            aria-keyshortcuts={key}
            onClick={() => label(kind)}
          >
            {name} <kbd>{key}</kbd>
          </button>
        ))}
        <input ref={note} aria-label="Note with the label" placeholder="Note  ( n )" maxLength={4000} />
      </fieldset>
      <Ready of={loaded}>{(value) => <Whole trace={fresh ?? value} />}</Ready>
    </article>
  );
}

function Whole({ trace }: { trace: Trace }) {
  const shown = trace.candidates.find(({ suggestion_id }) => suggestion_id === trace.suggestion_id);
  if (!shown) return null;
  const changes = shown.verdict?.changes ?? [];
  return (
    <>
      <header>
        <h2>{trace.target}</h2>
        <span className={`chip status-${shown.status}`}>{words(shown.status)}</span>
        {trace.is_redacted && <span className="chip">contents redacted</span>}
      </header>
      <pre className="edits">{shown.edits.join("\n")}</pre>
      {shown.reason !== "" && <p>{shown.reason}</p>}
      {shown.verdict?.why && <p className="quiet">{shown.verdict.why}</p>}
      {shown.verdict && shown.verdict.errors > 0 && (
        <p className="notice danger">
          {count(shown.verdict.errors)} new errors
          {shown.verdict.new_errors ? `: ${shown.verdict.new_errors.slice(0, 8).join(", ")}` : ""}
        </p>
      )}
      {changes.length > 0 && (
        <section aria-label="What it changes">
          <h3>
            Before <span aria-hidden="true">→</span> <span className="hidden">and</span> after
            {shown.verdict && shown.verdict.changed > changes.length && (
              <span className="quiet">
                {" "}
                {changes.length} of {count(shown.verdict.changed)} cells
              </span>
            )}
          </h3>
          <GridDiff changes={changes} />
        </section>
      )}
      <Outcomes outcomes={trace.outcomes} />
      <Labels trace={trace} />
      <Candidates trace={trace} />
      <Timings latency={trace.latency_ms} />
      <dl className="facts">
        <Fact name="workspace" value={trace.workspace} />
        <Fact name="person" value={person(trace.user)} />
        <Fact name="asked" value={moment(trace.created)} />
        <Fact name="model" value={[trace.model, trace.adapter].filter(Boolean).join(" + ")} />
        <Fact name="prompt" value={trace.prompt_version ?? ""} />
        <Fact name="context" value={trace.context_hash.slice(0, 16)} />
      </dl>
      {trace.context !== null ? (
        <details className="context">
          <summary>What the model read</summary>
          <pre>{trace.context}</pre>
        </details>
      ) : (
        <p className="quiet">
          {trace.is_redacted
            ? "What the model read is not kept: the workspace consents to redacted records only."
            : "No model was asked here."}
        </p>
      )}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  if (value === "") return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Outcomes({ outcomes }: { outcomes: readonly Outcome[] }) {
  return (
    <section aria-label="What became of it">
      <h3>What became of it</h3>
      {outcomes.length === 0 && <p className="quiet">Nobody has decided yet.</p>}
      <ul className="events">
        {outcomes.map((outcome) => (
          <li key={outcome.id}>
            <span className={`chip outcome-${outcome.kind}`}>{words(outcome.kind)}</span>
            <span>
              {[
                person(outcome.user),
                outcome.reject_reason && words(outcome.reject_reason),
                outcome.latency_ms !== null && `after ${milliseconds(outcome.latency_ms)}`,
                outcome.kept_rate !== null && `kept ${rate(outcome.kept_rate)}`,
                moment(outcome.created),
              ]
                .filter(Boolean)
                .join(" · ")}
              {outcome.final_text !== null && (
                <>
                  {" → "}
                  <code>{outcome.final_text}</code>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Labels({ trace }: { trace: Trace }) {
  if (trace.labels.length === 0) return null;
  return (
    <section aria-label="Labels">
      <h3>Labels</h3>
      <ul className="events">
        {trace.labels.map((label) => (
          <li key={label.id}>
            <span className={`chip label-${label.label}`}>{label.label}</span>
            <span>{[label.user, label.note, moment(label.created)].filter(Boolean).join(" · ")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Candidates({ trace }: { trace: Trace }) {
  return (
    <section aria-label="Candidates">
      <h3>Candidates</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable by keyboard */}
      <section className="scroll" tabIndex={0} aria-label="Table of candidates">
        <table className="candidates">
          <thead>
            <tr>
              <th scope="col">#</th>
              <th scope="col">edit</th>
              <th scope="col">by</th>
              <th scope="col">P(accept)</th>
              <th scope="col">propensity</th>
              <th scope="col">log P</th>
              <th scope="col">verdict</th>
            </tr>
          </thead>
          <tbody>
            {trace.candidates.map((candidate) => (
              <CandidateRow
                key={candidate.suggestion_id}
                candidate={candidate}
                isThis={candidate.suggestion_id === trace.suggestion_id}
              />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function CandidateRow({ candidate, isThis }: { candidate: Candidate; isThis: boolean }) {
  const edit = candidate.edits[0]?.split(" | ").slice(2).join(" | ") || candidate.edits[0] || "";
  return (
    <tr className={isThis ? "this" : ""} aria-current={isThis ? "true" : undefined}>
      <td>{candidate.rank}</td>
      <td>
        <code>{edit}</code>
        {!candidate.was_shown && <span className="quiet"> not shown</span>}
      </td>
      <td>{candidate.proposer}</td>
      <td className="number">{decimal(candidate.p_accept, 3)}</td>
      <td className="number">{decimal(candidate.propensity, 3)}</td>
      <td className="number">{decimal(candidate.log_probability)}</td>
      <td>{words(candidate.status)}</td>
    </tr>
  );
}

function Timings({ latency }: { latency: Readonly<Record<string, number>> }) {
  const { total = 0, ...parts } = latency;
  const known = Object.entries(parts).filter(([, ms]) => ms > 0);
  if (total <= 0 && known.length === 0) return null;
  const sum = Math.max(
    total,
    known.reduce((all, [, ms]) => all + ms, 0),
  );
  let from = 0;
  return (
    <section aria-label="Timings">
      <h3>Timings: {milliseconds(total)}</h3>
      <svg className="timings" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        {known.map(([name, ms], i) => {
          const x = from;
          from += (100 * ms) / sum;
          return <rect key={name} className={`part part-${i}`} x={x} width={(100 * ms) / sum} height="6" />;
        })}
      </svg>
      <p className="legend">
        {known.map(([name, ms], i) => (
          <span key={name} className={`key key-${i}`}>
            {words(name)} {milliseconds(ms)}
          </span>
        ))}
      </p>
    </section>
  );
}
