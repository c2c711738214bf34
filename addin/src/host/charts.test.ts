import { describe, expect, it } from "vitest";
import type { AddChart, ConditionalFormat, PlannedEdit } from "../protocol/messages";
import { chartType } from "./charts";
import { createHost } from "./host";
import { plainChart } from "./testing/chart";
import { FakeExcel, surroundings } from "./testing/excel";

const CHART: AddChart = { ...plainChart("Plan", "H2", "A1:C4"), title: "Trend", source_sheet: "Data" };

function excelWith(minor = 21) {
  const excel = new FakeExcel({
    Plan: { A1: 1 },
    Data: { A1: "Month", B1: "Sales", C1: "Costs", B2: 1, C2: 2 },
  });
  return { excel, host: createHost(surroundings(excel, minor)) };
}

async function drawn(changes: Partial<AddChart>) {
  const { excel, host } = excelWith();
  const journal = await host.apply([{ ...CHART, ...changes }]);
  const [chart] = structuredClone(excel.sheet("Plan").charts);
  await host.undo(journal);
  expect(excel.sheet("Plan").charts).toEqual([]);
  return chart;
}

describe("charts", () => {
  it("takes its source from the sheet that the edit names, a series a column", async () => {
    expect(await drawn({})).toMatchObject({
      type: "Line",
      set: { position: "H2", "title.text": "Trend" },
      series: [{ values: "Data!A1:C4#1" }, { values: "Data!A1:C4#2" }, { values: "Data!A1:C4#3" }],
    });
  });

  it("has the series, labels and categories of the edit and no others", async () => {
    const chart = await drawn({
      chart_type: "column",
      series: [
        { values: "=Data!$B$2:$B$4", categories: "=Data!$A$2:$A$4", name: "=Data!$B$1" },
        { values: "=Data!$C$2:$C$4", categories: null, name: "Costs, planned" },
        { values: "=Plan!$A$1:$A$3", categories: null, name: null },
      ],
    });
    expect(chart?.series).toEqual([
      { values: "Data!B2:B4", categories: "Data!A2:A4", name: "Sales" },
      { values: "Data!C2:C4", name: "Costs, planned" },
      { values: "Plan!A1:A3" },
    ]);
  });

  it("has titles of axes, a legend where the edit wants it, labels", async () => {
    const told = { legend: "bottom", data_labels: true, x_title: "Month", y_title: "EUR" } as const;
    expect((await drawn(told))?.set).toEqual({
      position: "H2",
      "title.text": "Trend",
      "legend.visible": true,
      "legend.position": "Bottom",
      "dataLabels.showValue": true,
      "axes.categoryAxis.title.text": "Month",
      "axes.valueAxis.title.text": "EUR",
    });
    expect((await drawn({ ...told, chart_type: "pie", legend: "none" }))?.set).toEqual({
      position: "H2",
      "title.text": "Trend",
      "legend.visible": false,
      "dataLabels.showValue": true,
    });
  });

  it("dresses every series, those that Excel cut from the source too", async () => {
    const dressed = { smooth: true, markerStyle: "Triangle", trendline: "MovingAverage" };
    const told = { markers: "triangle", is_smooth: true, trendline: "movingAvg" } as const;
    expect((await drawn(told))?.series).toMatchObject([dressed, dressed, dressed]);
    const series = [{ values: "=Data!$B$2:$B$4", categories: null, name: null }];
    expect((await drawn({ ...told, series }))?.series).toEqual([{ values: "Data!B2:B4", ...dressed }]);
  });

  it.each([
    [{ chart_type: "column" }, "ColumnClustered"],
    [{ chart_type: "column", stacking: "stacked" }, "ColumnStacked"],
    [{ chart_type: "bar", stacking: "percent" }, "BarStacked100"],
    [{ chart_type: "area", stacking: "stacked" }, "AreaStacked"],
    [{ chart_type: "line", markers: "circle", stacking: "stacked" }, "LineMarkersStacked"],
    [{ chart_type: "scatter", is_smooth: true, markers: "none" }, "XYScatterSmoothNoMarkers"],
    [{ chart_type: "pie", stacking: "stacked" }, "Pie"],
  ] as const)("%o is %s", (changes, type) => {
    expect(chartType({ ...CHART, ...changes })).toBe(type);
  });

  it("says where an older Excel cannot set series", () => {
    const { host } = excelWith(6);
    expect(host.whyUnsupported({ ...CHART, trendline: "linear" })).toBe("old_excel");
    expect(host.whyUnsupported({ ...CHART, legend: "top", x_title: "x" })).toBeNull();
  });

  it("refuses series that are no ranges before anything is written", async () => {
    const { excel, host } = excelWith();
    const series = [{ values: "=OFFSET(A1,1,1)", categories: null, name: null }];
    await expect(host.apply([{ ...CHART, series }])).rejects.toMatchObject({ code: "bad_address" });
    expect(excel.sheet("Plan").charts).toEqual([]);
  });
});

const RULE: ConditionalFormat = {
  ranges: ["A1:A9"],
  type: "cellIs",
  operator: null,
  formulas: [],
  priority: 1,
  fill: null,
  font_color: null,
  bold: null,
  options: [],
};

async function ruled(changes: Partial<ConditionalFormat>) {
  const { excel, host } = excelWith();
  const edit: PlannedEdit = { type: "add_conditional_format", sheet: "Plan", rule: { ...RULE, ...changes } };
  if (host.whyUnsupported(edit) !== null) return host.whyUnsupported(edit);
  const journal = await host.apply([edit]);
  const [rule] = structuredClone(excel.sheet("Plan").rules);
  await host.undo(journal);
  expect(excel.sheet("Plan").rules).toEqual([]);
  return { kind: rule?.kind, ...(rule?.rule as object) };
}

describe("conditional formats", () => {
  it.each([
    [{ type: "aboveAverage" }, "AboveAverage"],
    [{ type: "aboveAverage", options: [["aboveAverage", "0"]] }, "BelowAverage"],
    [
      {
        type: "aboveAverage",
        options: [
          ["aboveAverage", "0"],
          ["equalAverage", "1"],
        ],
      },
      "EqualOrBelowAverage",
    ],
    [{ type: "aboveAverage", options: [["stdDev", "2"]] }, "TwoStdDevAboveAverage"],
    [{ type: "timePeriod", options: [["timePeriod", "last7Days"]] }, "LastSevenDays"],
    [{ type: "duplicateValues" }, "DuplicateValues"],
  ] as [Partial<ConditionalFormat>, string][])("%o is %s", async (changes, criterion) => {
    expect(await ruled({ ...changes, fill: "#FFC7CE" })).toMatchObject({
      kind: "PresetCriteria",
      preset: { criterion },
      color: "#FFC7CE",
    });
  });

  it("draws colour scales, bars and icons", async () => {
    const three: [string, string][] = [
      ["cfvo1", "min"],
      ["cfvo2", "percentile 50"],
      ["cfvo3", "max"],
      ["color1", "#F8696B"],
      ["color2", "#FFEB84"],
      ["color3", "#63BE7B"],
    ];
    expect(await ruled({ type: "colorScale", options: three })).toEqual({
      kind: "ColorScale",
      criteria: {
        minimum: { type: "LowestValue", color: "#F8696B" },
        midpoint: { type: "Percentile", formula: "50", color: "#FFEB84" },
        maximum: { type: "HighestValue", color: "#63BE7B" },
      },
    });
    const bar: [string, string][] = [
      ["cfvo1", "num 0"],
      ["cfvo2", "formula $A$1"],
      ["color1", "#638EC6"],
    ];
    expect(await ruled({ type: "dataBar", options: bar })).toEqual({
      kind: "DataBar",
      lower: { type: "Number", formula: "0" },
      upper: { type: "Formula", formula: "=$A$1" },
      fillColor: "#638EC6",
    });
    const icons: [string, string][] = [
      ["iconSet", "3TrafficLights1"],
      ["cfvo1", "percent 0"],
      ["cfvo2", "percent 33"],
      ["cfvo3", "percent 67"],
    ];
    expect(await ruled({ type: "iconSet", options: icons })).toEqual({
      kind: "IconSet",
      style: "ThreeTrafficLights1",
      criteria: [
        {},
        { type: "Percent", formula: "33", operator: "GreaterThanOrEqual" },
        { type: "Percent", formula: "67", operator: "GreaterThanOrEqual" },
      ],
    });
  });

  it("says which rules there are not", async () => {
    expect(await ruled({ type: "colorScale", options: [["cfvo1", "min"]] })).toBe("no_such_rule");
    expect(await ruled({ type: "timePeriod", options: [["timePeriod", "sometime"]] })).toBe("no_such_rule");
    expect(await ruled({ type: "aboveAverage", options: [["stdDev", "9"]] })).toBe("no_such_rule");
    expect(await ruled({ type: "cellIs" })).toBe("no_such_rule");
  });
});
