/**
 * Smoke tests over Microsoft's own mock of Office.js: what the host reads it has loaded, and what it loads has
 * the names that Office.js knows. The mock has no cells and no rules; those are `host.test.ts`'s.
 */

import { OfficeMockObject } from "office-addin-mock";
import { describe, expect, it } from "vitest";
import { createHost } from "./host";
import type { ExcelApi } from "./surface";
import { plainChart } from "./testing/chart";
import { surroundings } from "./testing/excel";

function mocked(workbook: Record<string, unknown>) {
  const mock = new OfficeMockObject({
    context: { workbook },
    async run(batch: (context: unknown) => Promise<unknown>) {
      return batch((this as unknown as { context: unknown }).context);
    },
  });
  return mock as unknown as ExcelApi & { context: { workbook: Record<string, never> } };
}

const cell = (address: string, formula: unknown, value: unknown, type: string) => ({
  address,
  formulas: [[formula]],
  values: [[value]],
  valueTypes: [[type]],
  text: [[String(value)]],
  numberFormat: [["General"]],
  hasSpill: false,
});

describe("over office-addin-mock", () => {
  it("reads the selection", async () => {
    const excel = mocked({
      active: cell("'My sheet'!B2", "=A1", 3, "Double"),
      areas: { address: "'My sheet'!B2:C4" },
      getActiveCell() {
        return this.active;
      },
      getSelectedRanges() {
        return this.areas;
      },
    });
    expect(await createHost(surroundings(excel)).selection()).toEqual({
      sheet: "My sheet",
      areas: [{ top: 1, left: 1, bottom: 3, right: 2 }],
      active: { address: "B2", formula: "=A1", value: 3, text: "3" },
    });
  });

  it("reads a block", async () => {
    const excel = mocked({
      worksheets: {
        sheet: {
          range: { ...cell("S!A1", "#N/A", "#N/A", "Error") },
          getRange() {
            return this.range;
          },
        },
        getItem(this: { sheet: unknown }) {
          return this.sheet;
        },
      },
    });
    const block = await createHost(surroundings(excel)).block(
      "S",
      { top: 0, left: 0, bottom: 0, right: 0 },
      false,
    );
    expect(block).toMatchObject({ range: "A1", values: [[{ error: "#N/A" }]], formulas: null, arrays: [] });
  });

  it("makes a chart with its own series", async () => {
    const excel = mocked({
      worksheets: {
        sheet: {
          name: "S",
          protection: { protected: false },
          range: { ...cell("S!A1", "Sales", "Sales", "String"), text: [["Sales"]] },
          getRange() {
            return this.range;
          },
          charts: {
            chart: {
              name: "Chart 1",
              title: { text: "" },
              legend: { visible: true, position: "Right" },
              dataLabels: { showValue: false },
              axes: { categoryAxis: { title: { text: "" } }, valueAxis: { title: { text: "" } } },
              series: {
                one: { name: "", setXAxisValues() {}, setValues() {} },
                getItemAt() {
                  return this.one;
                },
                add() {
                  return this.one;
                },
              },
              setPosition() {},
            },
            add(this: { chart: unknown }) {
              return this.chart;
            },
          },
        },
        getItem(this: { sheet: unknown }) {
          return this.sheet;
        },
        getItemOrNullObject(this: { sheet: unknown }) {
          return this.sheet;
        },
      },
    });
    const one = { values: "=S!$B$2:$B$4", categories: "=S!$A$2:$A$4", name: "=S!$B$1" };
    const journal = await createHost(surroundings(excel, 16)).apply([
      {
        ...plainChart("S", "D2", "A1:B4"),
        title: "Sales",
        series: [one, { ...one, name: "More" }],
        stacking: "stacked",
        legend: "top",
        data_labels: true,
        x_title: "Month",
        y_title: "EUR",
      },
    ]);
    expect(journal.steps).toEqual([{ kind: "chart", sheet: "S", name: "Chart 1" }]);
  });
});
