/** The same host over the playground's shim and a real IronCalc model: what moves cells and what recalculates. */

import { describe, expect, it } from "vitest";
import { gridOffice, UNSUPPORTED_EDITS } from "../playground/office";
import { grid, turn } from "../playground/testing/grid";
import type { PlannedEdit } from "../protocol/messages";
import { createHost, type HostChange } from "./host";
import type { GridExtras } from "./surface";

const extras: GridExtras = {
  showGhosts: () => {},
  clearGhosts: () => {},
  onTab: () => () => {},
  unsupportedEdits: UNSUPPORTED_EDITS,
  keptWorkbook: () => null,
  onWorkbook: () => () => {},
};

function hostOver(sheets: Parameters<typeof grid>[0]) {
  const test = grid(sheets);
  return { ...test, host: createHost({ excel: test.excel, office: gridOffice("en-US"), extras }) };
}

const SHEETS = {
  Data: { A1: "1", A2: "2", A3: "3", A4: "=SUM(A1:A3)", B2: "=A2*10" },
  Report: { A1: "=Data!A2+Data!A4", B1: "=Data!B2" },
};

async function contents(host: ReturnType<typeof hostOver>["host"]) {
  const data = await host.block("Data", { top: 0, left: 0, bottom: 5, right: 2 }, false);
  const report = await host.block("Report", { top: 0, left: 0, bottom: 1, right: 2 }, false);
  return [data.values, data.formulas, report.values, report.formulas];
}

describe("over the grid", () => {
  const edits: PlannedEdit[] = [
    {
      type: "set_formulas",
      sheet: "Data",
      range: "C1:C3",
      formulas: [["=A1*2"], ["=A2*2"], ["=A3*2"]],
      array: false,
    },
    { type: "set_values", sheet: "Data", range: "A1:A2", values: [[10], ["text"]] },
    { type: "insert_rows", sheet: "Data", at: 1, count: 2 },
    { type: "delete_rows", sheet: "Data", at: 1, count: 1 },
    { type: "delete_columns", sheet: "Data", at: 1, count: 1 },
    { type: "insert_columns", sheet: "Data", at: 0, count: 1 },
    { type: "set_number_format", sheet: "Data", range: "A1:A3", format: "0.00%" },
    {
      type: "set_font",
      sheet: "Data",
      range: "A1:A3",
      bold: true,
      italic: null,
      underline: null,
      size: null,
      color: "#FF0000",
      name: null,
    },
    { type: "copy_range", sheet: "Data", target: "C1", source_sheet: "Data", source: "A1:A4", what: "all" },
  ];

  for (const edit of edits) {
    it(`does ${edit.type} with values that follow, and takes it back`, async () => {
      const { host } = hostOver(SHEETS);
      if (host.whyUnsupported(edit)) throw new Error(`expected the grid to do ${edit.type}`);
      const before = await contents(host);
      const journal = await host.apply([edit]);
      await turn();
      await host.undo(journal, true);
      await turn();
      expect(await contents(host)).toEqual(before);
    });
  }

  it("recalculates what depends on an accepted formula", async () => {
    const { host } = hostOver(SHEETS);
    await host.apply(
      [{ type: "set_values", sheet: "Data", range: "A2", values: [[20]] }],
      [{ cell: "Data!A2", formula: null, value: 2 }],
    );
    const { values } = await host.block("Report", { top: 0, left: 0, bottom: 0, right: 1 }, false);
    expect(values).toEqual([[44, 200]]);
  });

  it("puts cells back from the server's journal", async () => {
    const { host } = hostOver(SHEETS);
    const look = async () =>
      (await host.block("Data", { top: 0, left: 0, bottom: 1, right: 0 }, true)).styles;
    await host.apply([
      {
        type: "restore",
        sheet: "Data",
        cells: [
          { cell: "A1", formula: null, value: "007", style: 0, array: null },
          { cell: "A2", formula: "=A3*2", value: 6, style: null, array: null },
        ],
        styles: [
          { font: { bold: true, color: "#FF0000" }, fill: "#FFFF00", alignment: { horizontal: "center" } },
        ],
        facts: {},
        removes_sheet: false,
      },
    ]);
    const { values, formulas } = await host.block("Data", { top: 0, left: 0, bottom: 1, right: 0 }, false);
    expect(values).toEqual([["007"], [6]]);
    expect(formulas).toEqual([[null], ["=A3*2"]]);
    expect(await look()).toMatchObject([
      { bold: true, font_color: "#FF0000", fill: "#FFFF00", horizontal: "center" },
    ]);
  });

  it("names what the grid cannot do", () => {
    const { host } = hostOver(SHEETS);
    expect(host.kind).toBe("playground");
    expect(host.whyUnsupported({ type: "merge", sheet: "Data", range: "A1:B2" })).toBe("playground");
  });

  it("keeps still about its own writes", async () => {
    const { host } = hostOver(SHEETS);
    const changes: HostChange[] = [];
    await host.onChange((change) => changes.push(change));
    await host.apply([{ type: "set_values", sheet: "Data", range: "A1", values: [[5]] }]);
    await turn();
    expect(changes.filter(({ kind }) => kind === "cells")).toEqual([]);
  });
});
