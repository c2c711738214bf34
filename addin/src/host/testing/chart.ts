// biome-ignore-all lint/suspicious/noAssignInExpressions: accessors of one line
// biome-ignore-all lint/complexity/noCommaOperator: a proxy's set has to answer true

/** `Excel.Chart` in memory: what was set of it, its series with the addresses that they read. */

import type { AddChart } from "../../protocol/messages";
import { height, parsePlace, width } from "../address";
import { proxied, type Queue, Refusal } from "./proxy";

export interface FakeSeries {
  values: string;
  [property: string]: unknown;
}

export interface FakeChart {
  name: string;
  readonly type: string;
  /** What was set, by its path: `title.text`, `legend.position`. */
  readonly set: Record<string, unknown>;
  readonly series: FakeSeries[];
}

/** A range of the fake tells its address without being loaded. */
interface Placed {
  fakeAddress(): string;
}

const addressOf = (range: object) => (range as Placed).fakeAddress();

/** What Excel makes of a source: one series a column (a row by rows); labels are not told apart here. */
export function newChart(name: string, type: string, source: object, by: string): FakeChart {
  const address = addressOf(source);
  const area = parsePlace(address);
  const count = area ? (by === "Rows" ? height(area) : width(area)) : 1;
  const series = Array.from({ length: count }, (_, index) => ({
    values: count === 1 ? address : `${address}#${index + 1}`,
  }));
  return { name, type, set: {}, series };
}

export function chartObject(queue: Queue, charts: () => FakeChart[], chart: FakeChart | null): object {
  const at = (path: string): object =>
    new Proxy(
      {},
      {
        get: (_target, name) => at(`${path}${String(name)}.`),
        set: (_target, name, value) => (
          queue.push(() => chart && void (chart.set[`${path}${String(name)}`] = value)), true
        ),
      },
    );
  const seriesAt = (index: () => number): object => {
    const own = () => {
      const found = chart?.series[index()];
      if (!found) throw new Refusal("ItemNotFound", `series ${index()}`);
      return found;
    };
    const methods: Record<string, unknown> = {
      setValues: (range: object) => queue.push(() => void (own().values = addressOf(range))),
      setXAxisValues: (range: object) => queue.push(() => void (own().categories = addressOf(range))),
      trendlines: { add: (type: string) => queue.push(() => void (own().trendline = type)) },
    };
    return new Proxy(methods, {
      set: (_target, name, value) => (queue.push(() => void (own()[String(name)] = value)), true),
    });
  };
  return proxied(
    queue,
    { name: { get: () => chart?.name } },
    {
      title: at("title."),
      axes: at("axes."),
      legend: at("legend."),
      dataLabels: at("dataLabels."),
      series: proxied(
        queue,
        { items: { get: () => chart?.series.map((_, index) => seriesAt(() => index)) } },
        {
          getItemAt: (index: number) => seriesAt(() => index),
          add: (name?: string) => {
            const added: FakeSeries = { values: "" };
            if (name !== undefined) added.name = name;
            queue.push(() => void chart?.series.push(added));
            return seriesAt(() => chart?.series.indexOf(added) ?? -1);
          },
        },
      ),
      setPosition: (anchor: string) => queue.push(() => chart && void (chart.set.position = anchor)),
      delete: () => queue.push(() => chart && charts().splice(charts().indexOf(chart), 1)),
    },
    () => chart === null || !charts().includes(chart),
  );
}

/** A line chart over a range of its own sheet, everything else as Excel does it. */
export function plainChart(sheet: string, anchor: string, source: string): AddChart {
  return {
    type: "add_chart",
    sheet,
    anchor,
    source,
    chart_type: "line",
    title: null,
    source_sheet: null,
    series: [],
    stacking: "none",
    legend: null,
    data_labels: false,
    x_title: null,
    y_title: null,
    markers: null,
    is_smooth: false,
    trendline: null,
  };
}
