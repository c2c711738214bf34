/** Plots: how much is shown, accepted and kept, how fast, and why not; by week and by what one wants to compare. */

import { useState } from "react";
import { Bars, LineChart } from "./charts";
import { useAdmin } from "./context";
import { count, day, milliseconds, rate, words } from "./format";
import { Ready, useLoaded } from "./loading";
import { type Filters, GROUPS, type Group, type Measures } from "./wire";

const FILTERED = ["workspace", "model", "kind"] as const;

export function PlotsView() {
  const { api } = useAdmin();
  const [by, setBy] = useState<Group>("model");
  const [filters, setFilters] = useState<Filters>({});
  const facets = useLoaded(api.facets, "facets");
  const key = JSON.stringify(filters);
  const weeks = useLoaded(() => api.plots("week", filters), key);
  const groups = useLoaded(() => api.plots(by, filters), `${by}${key}`);
  const set = (name: keyof Filters, value: string) => setFilters({ ...filters, [name]: value || undefined });
  return (
    <div className="plots">
      <section className="filters choices" aria-label="Filters">
        {FILTERED.map((name) => (
          <label key={name}>
            <span>{name}</span>
            <select value={filters[name] ?? ""} onChange={(event) => set(name, event.target.value)}>
              <option value="">all</option>
              {facets.value?.[name].map((value) => (
                <option key={value}>{value}</option>
              ))}
            </select>
          </label>
        ))}
        {(["since", "until"] as const).map((name) => (
          <label key={name}>
            <span>{name}</span>
            <input
              type="date"
              value={filters[name] ?? ""}
              onChange={(event) => set(name, event.target.value)}
            />
          </label>
        ))}
      </section>
      <Ready of={weeks}>{(measured) => <Weekly measured={measured} />}</Ready>
      <section aria-labelledby="compare">
        <div className="bar-line">
          <h2 id="compare">Compare by</h2>
          {GROUPS.filter((group) => group !== "week").map((group) => (
            <button
              key={group}
              type="button"
              className="small"
              aria-pressed={by === group}
              onClick={() => setBy(group)}
            >
              {group}
            </button>
          ))}
        </div>
        <Ready of={groups}>{(measured) => <Compared measured={measured} />}</Ready>
      </section>
    </div>
  );
}

function Weekly({ measured }: { measured: readonly Measures[] }) {
  const labels = measured.map(({ group }) => day(group));
  const totals = measured.reduce((sum, { shown }) => sum + shown, 0);
  const reasons = new Map<string, number>();
  for (const { reasons: held } of measured) {
    for (const [name, n] of Object.entries(held)) reasons.set(name, (reasons.get(name) ?? 0) + n);
  }
  const share = (from: (m: Measures) => number | null) => measured.map(from);
  return (
    <section aria-labelledby="weeks">
      <h2 id="weeks">
        Week by week <span className="quiet">{count(totals)} shown</span>
      </h2>
      <div className="charts">
        <LineChart
          title="Shown"
          labels={labels}
          series={[{ name: "shown", values: share((m) => m.shown) }]}
          format={(value) => (value === null ? "–" : count(value))}
        />
        <LineChart
          title="Accepted and kept"
          labels={labels}
          series={[
            { name: "accept rate", values: share((m) => m.accept_rate) },
            { name: "kept rate", values: share((m) => m.kept_rate) },
          ]}
          format={rate}
          domain={[0, 1]}
        />
        <LineChart
          title="Latency"
          labels={labels}
          series={[
            { name: "median", values: share((m) => m.latency_p50_ms) },
            { name: "95 %", values: share((m) => m.latency_p95_ms) },
          ]}
          format={milliseconds}
        />
        <Bars
          title="Why rejected"
          bars={[...reasons]
            .sort((a, b) => b[1] - a[1])
            .map(([name, value]) => ({ name: words(name), value }))}
          format={(value) => count(value ?? 0)}
        />
      </div>
    </section>
  );
}

function Compared({ measured }: { measured: readonly Measures[] }) {
  const bars = (from: (m: Measures) => number | null) =>
    measured.map((m) => ({ name: m.group, value: from(m) }));
  return (
    <div className="charts">
      <Bars title="Shown" bars={bars((m) => m.shown)} format={(value) => count(value ?? 0)} />
      <Bars title="Accept rate" bars={bars((m) => m.accept_rate)} format={rate} isRate />
      <Bars title="Kept rate" bars={bars((m) => m.kept_rate)} format={rate} isRate />
      <Bars title="Latency, 95 %" bars={bars((m) => m.latency_p95_ms)} format={milliseconds} />
    </div>
  );
}
