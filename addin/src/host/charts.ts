/** Charts: kind, series, titles, legend and labels as the server's AddChart has them, in the words of Office.js. */

import type { AddChart } from "../protocol/messages";
import { type Area, areaAddress, height, parsePlace, width } from "./address";
import { HostError } from "./errors";
import type { Prepared, StepContext } from "./prepare";
import type { OfficeChart, OfficeRange, OfficeSeries } from "./surface";
import { CHART_TYPES, capitalised, STACKINGS, TRENDLINES } from "./words";

/** One series with its ranges; `label` is a text, or the range whose text is to be read. */
interface Series {
  readonly values: { readonly range: OfficeRange; readonly area: Area };
  readonly categories: OfficeRange | null;
  readonly label: string | OfficeRange | null;
}

/** Whether the chart needs more than a kind, a source and titles (ExcelApi 1.7). */
export function hasOwnSeries(edit: AddChart): boolean {
  return edit.series.length > 0 || isDressed(edit);
}

export function chartType(edit: AddChart): string {
  const { chart_type: type, stacking, markers, is_smooth: isSmooth } = edit;
  if (type === "scatter" && isSmooth) return `XYScatterSmooth${markers === "none" ? "NoMarkers" : ""}`;
  if (type === "pie" || type === "scatter") return CHART_TYPES[type];
  const hasMarkers = type === "line" && markers !== null && markers !== "none";
  const plain = hasMarkers ? "LineMarkers" : CHART_TYPES[type];
  return stacking === "none" ? plain : plain.replace("Clustered", "") + STACKINGS[stacking];
}

export async function prepareChart(edit: AddChart, { context }: StepContext): Promise<Prepared> {
  const { worksheets } = context.workbook;
  const home = edit.source_sheet ?? edit.sheet;
  const at = (reference: string) => {
    const area = parsePlace(reference.replace(/^=/, ""), home);
    if (!area) throw new HostError("bad_address", reference);
    return { range: worksheets.getItem(area.sheet).getRange(areaAddress(area)), area };
  };
  const series = edit.series.map(
    ({ values, categories, name }): Series => ({
      values: at(values),
      categories: categories === null ? null : at(categories).range,
      label: name?.startsWith("=") ? at(name).range : name,
    }),
  );
  const labels = series.flatMap(({ label }) => (label === null || typeof label === "string" ? [] : [label]));
  for (const label of labels) label.load("text");
  if (labels.length > 0) await context.sync();
  let chart: OfficeChart | null = null;
  return {
    undo: [],
    write: () => {
      const { charts } = worksheets.getItem(edit.sheet);
      const first = series[0]?.values;
      const source = first?.range ?? worksheets.getItem(home).getRange(edit.source);
      const by = first && width(first.area) > height(first.area) ? "Rows" : "Columns";
      chart = charts.add(chartType(edit), source, by);
      for (const [index, one] of series.entries()) writeSeries(chart, index, one, edit);
      writeFrame(chart, edit);
    },
    finish: async () => {
      if (chart === null) return [];
      if (series.length === 0 && isDressed(edit)) {
        // Excel has cut the source into series; how many, it tells afterwards.
        chart.series.load("items");
        await context.sync();
        for (const one of chart.series.items) dress(one, edit);
      }
      chart.load("name");
      await context.sync();
      return [{ kind: "chart", sheet: edit.sheet, name: chart.name }];
    },
  };
}

/** The chart was made of the first series' values alone, so that series is there; the others are added. */
function writeSeries(chart: OfficeChart, index: number, one: Series, edit: AddChart): void {
  const label =
    one.label === null || typeof one.label === "string" ? one.label : (one.label.text[0]?.[0] ?? "");
  const series = index === 0 ? chart.series.getItemAt(0) : chart.series.add(label ?? undefined);
  if (index > 0) series.setValues(one.values.range);
  else if (label !== null) series.name = label;
  if (one.categories !== null) series.setXAxisValues(one.categories);
  dress(series, edit);
}

function isDressed({ chart_type: type, markers, is_smooth: isSmooth, trendline }: AddChart): boolean {
  return trendline !== null || markers !== null || (isSmooth && type === "line");
}

function dress(series: OfficeSeries, edit: AddChart): void {
  if (edit.is_smooth && edit.chart_type === "line") series.smooth = true;
  if (edit.markers !== null)
    series.markerStyle = edit.markers === "auto" ? "Automatic" : capitalised(edit.markers);
  if (edit.trendline !== null) series.trendlines.add(TRENDLINES[edit.trendline] ?? "Linear");
}

function writeFrame(chart: OfficeChart, edit: AddChart): void {
  chart.setPosition(edit.anchor);
  if (edit.title !== null) chart.title.text = edit.title;
  if (edit.legend !== null) {
    chart.legend.visible = edit.legend !== "none";
    if (edit.legend !== "none") chart.legend.position = capitalised(edit.legend);
  }
  if (edit.data_labels) chart.dataLabels.showValue = true;
  if (edit.chart_type === "pie") return; // it has no axes
  if (edit.x_title !== null) chart.axes.categoryAxis.title.text = edit.x_title;
  if (edit.y_title !== null) chart.axes.valueAxis.title.text = edit.y_title;
}
