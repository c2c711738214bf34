/** Tuning runs with live progress and curves: events are asked for from the last one on, while a run works. */

import { useEffect, useState } from "react";
import { LineChart } from "./charts";
import { useAdmin } from "./context";
import { decimal, moment } from "./format";
import { Problem, Ready, useLoaded } from "./loading";
import type { Run, RunEvent } from "./wire";

const EVERY_MS = 2_000;
const MOST_POINTS = 400;

export function TuningView() {
  const { api } = useAdmin();
  const runs = useLoaded(api.runs, "runs");
  const [chosen, setChosen] = useState<string | null>(null);
  const isActive = runs.value?.some(({ status }) => status === "running" || status === "queued") ?? false;
  const { reload } = runs;
  useEffect(() => {
    if (!isActive) return;
    const timer = setInterval(reload, EVERY_MS);
    return () => clearInterval(timer);
  }, [isActive, reload]);
  return (
    <Ready of={runs}>
      {(known) => {
        const run = known.find(({ id }) => id === chosen) ?? known[0];
        if (!run)
          return (
            <p className="quiet empty">
              No tuning has run yet. <code>cellwright tune run</code> starts one.
            </p>
          );
        return (
          <div className="split tuning">
            <section aria-label="Runs">
              <ul className="runs">
                {known.map((one) => (
                  <li key={one.id}>
                    <button
                      type="button"
                      className="run"
                      aria-pressed={one.id === run.id}
                      onClick={() => setChosen(one.id)}
                    >
                      <strong>{one.recipe}</strong>
                      <span className={`chip run-${one.status}`}>{one.status}</span>
                      <span className="quiet">
                        {one.base_model} · {moment(one.created_at)}
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
            </section>
            <RunDetail key={run.id} run={run} />
          </div>
        );
      }}
    </Ready>
  );
}

function RunDetail({ run }: { run: Run }) {
  const { events, problem } = useEvents(run);
  const curves = curvesOf(events);
  const last = events.at(-1);
  return (
    <article className="trace" aria-label={`The run of ${run.recipe}`}>
      <header>
        <h2>{run.recipe}</h2>
        <span className={`chip run-${run.status}`}>{run.status}</span>
      </header>
      <Problem text={run.problem ?? problem} />
      <dl className="facts">
        {Object.entries({
          kind: run.kind,
          base: run.base_model,
          workspace: run.workspace ?? "",
          adapter: run.adapter ?? "",
          started: moment(run.started_at),
          finished: moment(run.finished_at),
          id: run.id.slice(0, 12),
        })
          .filter(([, value]) => value !== "")
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      <p role="status" className="quiet">
        {last === undefined
          ? "It has not told anything yet."
          : `Step ${last.step}${typeof last.metrics.part === "string" ? `, ${last.metrics.part}` : ""}, ${moment(last.at)}`}
      </p>
      <div className="charts">
        {curves.map(({ name, points }) => (
          <LineChart
            key={name}
            title={name}
            labels={points.map(([step]) => `step ${step}`)}
            series={[{ name, values: points.map(([, value]) => value) }]}
            format={(value) => (value === null ? "–" : decimal(value, Math.abs(value) < 1 ? 3 : 1))}
          />
        ))}
      </div>
    </article>
  );
}

function useEvents(run: Run): { events: readonly RunEvent[]; problem: string | null } {
  const { api } = useAdmin();
  const [events, setEvents] = useState<readonly RunEvent[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const isActive = run.status === "running" || run.status === "queued";
  useEffect(() => {
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let after = 0;
    const ask = async () => {
      try {
        const found = await api.events(run.id, after);
        if (!isCurrent) return;
        after = found.at(-1)?.id ?? after;
        if (found.length > 0)
          setEvents((known) => [...known.filter(({ id }) => id < (found[0]?.id ?? 0)), ...found]);
        setProblem(null);
      } catch (error) {
        if (isCurrent) setProblem((error as Error).message);
      }
      if (isCurrent && isActive) timer = setTimeout(ask, EVERY_MS);
    };
    void ask();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [api, run.id, isActive]);
  return { events, problem };
}

export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [step: number, value: number])[];
}

/** Every metric that was told more than once, thinned to 400 points; parts of a run have curves of their own. */
export function curvesOf(events: readonly RunEvent[]): Curve[] {
  const found = new Map<string, [number, number][]>();
  for (const { step, metrics } of events) {
    const part = typeof metrics.part === "string" ? `${metrics.part}: ` : "";
    for (const [name, value] of Object.entries(metrics)) {
      if (typeof value !== "number" || !Number.isFinite(value)) continue;
      const points = found.get(part + name) ?? [];
      points.push([step, value]);
      found.set(part + name, points);
    }
  }
  return [...found]
    .filter(([, points]) => points.length > 1)
    .map(([name, points]) => {
      const every = Math.ceil(points.length / MOST_POINTS);
      return { name, points: points.filter((_, i) => i % every === 0 || i === points.length - 1) };
    });
}
