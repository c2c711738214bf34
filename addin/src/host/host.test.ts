import { describe, expect, it, vi } from "vitest";
import type { PlannedEdit } from "../protocol/messages";
import type { Area } from "./address";
import { createHost, type HostChange } from "./host";
import { plainChart } from "./testing/chart";
import { FakeExcel, surroundings } from "./testing/excel";
import { PLAIN_LOOK } from "./testing/sheet";

function excelWith(sheets: ConstructorParameters<typeof FakeExcel>[0], minor?: number) {
  const excel = new FakeExcel(sheets);
  return { excel, host: createHost(surroundings(excel, minor)) };
}

const A1: Area = { top: 0, left: 0, bottom: 0, right: 0 };

/** Every kind of edit, each on a workbook that gives it something to do. */
const EDITS: Record<
  Exclude<PlannedEdit["type"], "restore" | `${string}rows` | `${string}columns` | "add_pivot">,
  PlannedEdit
> = {
  set_formulas: {
    type: "set_formulas",
    sheet: "Plan",
    range: "C2:C3",
    formulas: [["=A2*2"], [null]],
    array: false,
  },
  set_values: {
    type: "set_values",
    sheet: "Plan",
    range: "A2:B3",
    values: [
      ["=not a formula", 7],
      [null, { error: "#N/A" }],
    ],
  },
  fill: { type: "fill", sheet: "Plan", source: "B2", target: "B2:B4" },
  copy_range: {
    type: "copy_range",
    sheet: "Plan",
    target: "D2",
    source_sheet: "Other",
    source: "A1:B2",
    what: "all",
  },
  set_number_format: { type: "set_number_format", sheet: "Plan", range: "B2:B4", format: "0.0%" },
  set_font: {
    type: "set_font",
    sheet: "Plan",
    range: "A1:B1",
    bold: true,
    italic: null,
    underline: "single",
    size: 14,
    color: "#FF0000",
    name: null,
  },
  set_fill: { type: "set_fill", sheet: "Plan", range: "A1:B2", color: null },
  set_alignment: {
    type: "set_alignment",
    sheet: "Plan",
    range: "A1",
    horizontal: "centerContinuous",
    vertical: "top",
    wrap: true,
    orientation: 45,
  },
  set_borders: {
    type: "set_borders",
    sheet: "Plan",
    range: "A1:B2",
    side: "all",
    style: "double",
    color: "#00FF00",
  },
  merge: { type: "merge", sheet: "Plan", range: "A2:B3" },
  unmerge: { type: "unmerge", sheet: "Plan", range: "F1" },
  set_column_width: { type: "set_column_width", sheet: "Plan", left: 1, right: 3, width: 20 },
  sort: {
    type: "sort",
    sheet: "Plan",
    range: "A1:B4",
    keys: [{ column: 1, descending: true }],
    has_header: true,
  },
  filter: { type: "filter", sheet: "Plan", range: "A1:B4", column: 1, values: ["1"] },
  add_table: { type: "add_table", sheet: "Plan", range: "A1:B4", name: "Sales", style: "TableStyleLight1" },
  add_conditional_format: {
    type: "add_conditional_format",
    sheet: "Plan",
    rule: {
      ranges: ["B2:B4"],
      type: "cellIs",
      operator: "greaterThan",
      formulas: ["=1"],
      priority: 1,
      fill: "#FFFF00",
      font_color: null,
      bold: true,
      options: [],
    },
  },
  add_data_validation: {
    type: "add_data_validation",
    sheet: "Plan",
    validation: {
      ranges: ["A2:A4"],
      type: "list",
      operator: null,
      formulas: ['="a,b"'],
      allow_blank: true,
      error_message: "No",
    },
  },
  add_chart: { ...plainChart("Plan", "H2", "A1:B4"), title: "Trend" },
  define_name: { type: "define_name", name: "rate", formula: "=Plan!$B$3", scope: null },
  add_sheet: { type: "add_sheet", name: "New", at: 0 },
  rename_sheet: { type: "rename_sheet", sheet: "Other", name: "Else" },
  freeze_panes: { type: "freeze_panes", sheet: "Plan", cell: "B2" },
};

function plan() {
  const { excel, host } = excelWith({
    Plan: { A1: "Name", B1: "Count", A2: "x", B2: 3, A3: "'007", B3: 1, A4: "'=text", B4: 2, F1: "wide" },
    Other: { A1: 5, B1: "'1/2", A2: "=A1" },
  });
  const sheet = excel.sheet("Plan");
  sheet.merges.add("F1:G2");
  sheet.cell(0, 0).look.font.bold = true;
  sheet.cell(1, 1).look.fill = { color: "#ABCDEF", pattern: "Solid" };
  sheet.cell(1, 0).look.borders.top = { style: "Continuous", weight: "Thick", color: "#123456" };
  sheet.cell(2, 1).format = "0.00";
  sheet.widths.set(2, 90);
  sheet.filter = { address: "A1:B3", criteria: [] };
  excel.names.set("rate", "=Plan!$B$2");
  return { excel, host };
}

describe("edits", () => {
  for (const edit of Object.values(EDITS)) {
    it(`does ${edit.type} and takes it back exactly, formats included`, async () => {
      const { excel, host } = plan();
      const before = structuredClone(excel.image());
      const journal = await host.apply([edit]);
      expect(excel.image()).not.toEqual(before);
      // The journal is plain data: it survives a reload.
      await host.undo(JSON.parse(JSON.stringify(journal)));
      expect(excel.image()).toEqual(before);
    });
  }

  it("takes a plan of overlapping edits back as one", async () => {
    const { excel, host } = plan();
    const before = structuredClone(excel.image());
    const { set_values, set_font, merge, sort, set_formulas, add_sheet, rename_sheet, set_fill } = EDITS;
    const journal = await host.apply([
      sort,
      set_values,
      set_font,
      add_sheet,
      set_fill,
      rename_sheet,
      set_formulas,
      merge,
    ]);
    await host.undo(journal);
    expect(excel.image()).toEqual(before);
  });

  it("writes text as text, numbers as numbers, errors as errors", async () => {
    const { excel, host } = excelWith({ S: {} });
    const texts = [
      "007",
      "1/2",
      "=A1",
      "TRUE",
      "#N/A",
      "-5",
      "@x",
      "'quoted",
      "50%",
      "3 May",
      "May 5",
      "plain",
      "Q1",
    ];
    const values = [...texts, 7, true, null, { error: "#N/A" as const }].map((value) => [value]);
    await host.apply([{ type: "set_values", sheet: "S", range: `A1:A${values.length}`, values }]);
    const cells = values.map((_, row) => excel.sheet("S").cell(row, 0));
    expect(cells.slice(0, texts.length).map(({ value, type }) => [value, type])).toEqual(
      texts.map((text) => [text, "String"]),
    );
    expect(cells.slice(texts.length).map(({ value, type }) => [value, type])).toEqual([
      [7, "Double"],
      [true, "Boolean"],
      ["", "Empty"],
      ["#N/A", "Error"],
    ]);
    const block = await host.block("S", { ...A1, bottom: values.length - 1 }, false);
    expect(block.values).toEqual(values);
    expect(block.formulas).toBeNull();
  });

  it("enters a formula into a cell formatted as text as a formula", async () => {
    const { excel, host } = excelWith({ S: { A1: 1 } });
    excel.sheet("S").cell(0, 1).format = "@";
    const journal = await host.apply([
      { type: "set_formulas", sheet: "S", range: "B1", formulas: [["=A1"]], array: false },
    ]);
    expect(excel.sheet("S").cell(0, 1)).toMatchObject({ formula: "=A1", format: "General" });
    await host.undo(journal);
    expect(excel.sheet("S").cell(0, 1)).toMatchObject({ formula: null, format: "@", type: "Empty" });
  });

  it("does not block an array when it puts its cells back", async () => {
    const { excel, host } = excelWith({ S: { A1: "=SPILL(3,1)", B1: "x" } });
    const before = structuredClone(excel.image());
    const journal = await host.apply([
      {
        type: "set_values",
        sheet: "S",
        range: "A1:B3",
        values: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      },
    ]);
    expect(excel.sheet("S").cell(2, 0).value).toBe(5);
    await host.undo(journal);
    expect(excel.image()).toEqual(before);
    expect(excel.sheet("S").cell(2, 0).spillOf).toBe("A1");
  });

  it("remembers a table's whole column, which Excel may fill by itself", async () => {
    const { excel, host } = excelWith({ S: { A1: "n", B1: "twice", A2: 1, A3: 2, A4: 3 } });
    excel.sheet("S").tables.push({ name: "T", address: "A1:B4", style: "", columns: ["n", "twice"] });
    const journal = await host.apply([
      { type: "set_formulas", sheet: "S", range: "B2", formulas: [["=A2*2"]], array: false },
    ]);
    for (const row of [2, 3]) excel.sheet("S").enter(row, 1, "=A2*2");
    await host.undo(journal);
    expect([1, 2, 3].map((row) => excel.sheet("S").cell(row, 1).type)).toEqual(["Empty", "Empty", "Empty"]);
  });

  it("takes few round trips, however many edits", async () => {
    const { excel, host } = excelWith({ S: {} });
    const edits = Array.from(
      { length: 40 },
      (_, row): PlannedEdit => ({
        type: "set_formulas",
        sheet: "S",
        range: `A${row + 1}`,
        formulas: [["=1+1"]],
        array: false,
      }),
    );
    await host.apply(edits);
    expect(excel.trips).toBeLessThanOrEqual(6);
  });

  it("asks Excel for one step of its own undo where it can", async () => {
    const { excel, host } = plan();
    await host.apply([EDITS.set_font]);
    expect(excel.lastOptions).toEqual({ mergeUndoGroup: true });
    const old = plan();
    const older = createHost(surroundings(old.excel, 16));
    await older.apply([EDITS.set_font]);
    expect(old.excel.lastOptions).toBeNull();
  });
});

describe("refusals", () => {
  it("leaves a protected sheet alone, but not its unlocked cells", async () => {
    const { excel, host } = excelWith({ S: { A1: 1 } });
    excel.sheet("S").isProtected = true;
    const edit: PlannedEdit = { type: "set_values", sheet: "S", range: "A1", values: [[2]] };
    await expect(host.apply([edit])).rejects.toMatchObject({ code: "protected", detail: "S!A1" });
    expect(excel.sheet("S").cell(0, 0).value).toBe(1);
    excel.sheet("S").cell(0, 0).locked = false;
    await host.apply([edit]);
    expect(excel.sheet("S").cell(0, 0).value).toBe(2);
  });

  it("writes nothing where a cell changed since", async () => {
    const { excel, host } = excelWith({ S: { A1: "typed meanwhile", B1: "=A1" } });
    const edit: PlannedEdit = { type: "set_values", sheet: "S", range: "A1", values: [[2]] };
    await expect(host.apply([edit], [{ cell: "S!A1", formula: null, value: null }])).rejects.toMatchObject({
      code: "changed_since",
      detail: "S!A1",
    });
    expect(excel.sheet("S").cell(0, 0).value).toBe("typed meanwhile");
    // A formula's value may differ (Excel recalculated), its text may not.
    const image = { cell: "S!B1", formula: "=a1", value: 99 };
    await host.apply([{ ...edit, range: "B1" }], [image]);
    expect(excel.sheet("S").cell(0, 1).value).toBe(2);
  });

  it("undoes nothing where a person wrote since, unless told to", async () => {
    const { excel, host } = excelWith({ S: {} });
    const journal = await host.apply([{ type: "set_values", sheet: "S", range: "A1", values: [[2]] }]);
    excel.sheet("S").enter(0, 0, 3);
    await expect(host.undo(journal)).rejects.toMatchObject({ code: "changed_since", detail: "S!A1" });
    expect(excel.sheet("S").cell(0, 0).value).toBe(3);
    await host.undo(journal, true);
    expect(excel.sheet("S").cell(0, 0).type).toBe("Empty");
  });

  it("does all of a plan or none: what was written before a failure is taken back", async () => {
    const { excel, host } = plan();
    const before = structuredClone(excel.image());
    const broken: PlannedEdit = { type: "set_values", sheet: "Plan", range: "A1:A2", values: [[1]] };
    await expect(host.apply([EDITS.add_sheet, EDITS.set_font, broken])).rejects.toMatchObject({
      code: "excel",
    });
    expect(excel.image()).toEqual(before);
  });

  it("names what it cannot do", async () => {
    const { host } = excelWith({ S: {} }, 8);
    expect(host.whyUnsupported(EDITS.merge)).toBe("old_excel");
    expect(
      host.whyUnsupported({
        type: "restore",
        sheet: null,
        cells: [],
        styles: [],
        facts: {},
        removes_sheet: false,
      }),
    ).toBe("journal_only");
    const scale = EDITS.add_conditional_format;
    if (scale.type !== "add_conditional_format") throw new Error("expected a rule");
    const newest = excelWith({ S: {} }).host;
    expect(newest.whyUnsupported({ ...scale, rule: { ...scale.rule, type: "colorScale" } })).toBe(
      "no_such_rule",
    );
    expect(Object.values(EDITS).map((edit) => newest.whyUnsupported(edit))).toEqual(
      Object.values(EDITS).map(() => null),
    );
    await expect(host.apply([EDITS.merge])).rejects.toMatchObject({ code: "unsupported_edit" });
  });

  it("says cell edit mode and Excel's own refusals in words of its own", async () => {
    const { excel, host } = excelWith({ S: {} });
    excel.failNext = { code: "InvalidOperationInCellEditMode", message: "Excel is in cell-editing mode." };
    await expect(
      host.apply([{ type: "set_values", sheet: "S", range: "A1", values: [[2]] }]),
    ).rejects.toMatchObject({ code: "cell_edit_mode" });
  });
});

describe("the server's journal", () => {
  const restore: PlannedEdit = {
    type: "restore",
    sheet: "S",
    cells: [
      { cell: "A1", formula: null, value: "007", style: 0, array: null },
      { cell: "B1", formula: "=A1", value: 7, style: null, array: null },
    ],
    styles: [
      { number_format: "0.00", font: { bold: true }, fill: "#FFFF00", borders: { top: { style: "thin" } } },
    ],
    facts: {},
    removes_sheet: false,
  };
  const extras = {
    showGhosts: () => {},
    clearGhosts: () => {},
    onTab: () => () => {},
    unsupportedEdits: [],
    keptWorkbook: () => null,
    onWorkbook: () => () => {},
  };

  it("puts cells back, with their looks where the server has the file", async () => {
    const excel = new FakeExcel({ S: { A1: 1, B1: 2 } });
    await createHost({ ...surroundings(excel), extras }).apply([restore]);
    expect(excel.sheet("S").cell(0, 0)).toMatchObject({
      value: "007",
      type: "String",
      format: "0.00",
      look: { font: { bold: true }, fill: { color: "#FFFF00" }, borders: { top: { style: "Continuous" } } },
    });
    expect(excel.sheet("S").cell(0, 1)).toMatchObject({ formula: "=A1", look: PLAIN_LOOK() });
  });

  it("leaves the looks of Excel's own cells alone, of which the server knows little", async () => {
    const { excel, host } = excelWith({ S: { A1: 1 } });
    excel.sheet("S").cell(0, 0).look.font.color = "#123456";
    await host.apply([restore]);
    expect(excel.sheet("S").cell(0, 0)).toMatchObject({ value: "007", look: { font: { color: "#123456" } } });
  });
});

describe("reading", () => {
  it("tells sheets, tables, names, merges, freezes", async () => {
    const { excel, host } = plan();
    const sheet = excel.sheet("Plan");
    sheet.tables.push({ name: "T", address: "A1:B4", style: "TableStyleLight1", columns: ["Name", "Count"] });
    sheet.frozen = "1:2";
    excel.sheet("Other").visibility = "VeryHidden";
    const shape = await host.shape();
    expect(shape.sheets).toMatchObject([
      { name: "Plan", used_range: "A1:F4", merges: ["F1:G2"], freeze: "A3", visibility: "visible" },
      { name: "Other", used_range: "A1:B2", visibility: "veryHidden" },
    ]);
    expect(shape.tables).toEqual([
      {
        name: "T",
        sheet: "Plan",
        range: "A1:B4",
        columns: ["Name", "Count"],
        header_rows: 1,
        totals_rows: 0,
        style: "TableStyleLight1",
      },
    ]);
    expect(shape.names).toEqual([{ name: "rate", formula: "=Plan!$B$2", scope: null, is_hidden: false }]);
  });

  it("takes the values' range where formats stretch the used one to the end of the sheet", async () => {
    const { excel, host } = excelWith({ S: { A1: 1, B2: 2 } });
    excel.sheet("S").cell(1_048_575, 2).format = "0";
    const { sheets } = await host.shape();
    expect(sheets[0]?.used_range).toBe("A1:B2");
  });

  it("tells formulas from texts, errors from texts, and where arrays spill", async () => {
    const { host } = excelWith({ S: { A1: "=SPILL(2,2)", C1: "'=A1", C2: "'#N/A", D1: "#N/A", D2: true } });
    const block = await host.block("S", { top: 0, left: 0, bottom: 1, right: 3 }, false);
    expect(block.formulas).toEqual([
      ["=SPILL(2,2)", null, null, null],
      [null, null, null, null],
    ]);
    expect(block.values).toEqual([
      [1, 2, "=A1", { error: "#N/A" }],
      [3, 4, "#N/A", true],
    ]);
    expect(block.arrays).toEqual([{ cell: "A1", range: "A1:B2", is_dynamic: true }]);
  });

  it("lists each style once", async () => {
    const { host } = plan();
    const block = await host.block("Plan", { top: 0, left: 0, bottom: 2, right: 1 }, true);
    expect(block.styles).toMatchObject([{ bold: true }, { fill: "#ABCDEF" }, { number_format: "0.00" }]);
    expect(block.style_index).toEqual([
      [0, -1],
      [-1, 1],
      [-1, 2],
    ]);
  });

  it("reads a selection of several areas in one round trip", async () => {
    const { excel, host } = excelWith({ "My sheet": { B2: "=1+1" } });
    excel.selected = "'My sheet'!B2:C3,'My sheet'!E5";
    excel.trips = 0;
    expect(await host.selection()).toMatchObject({
      sheet: "My sheet",
      areas: [
        { top: 1, left: 1, bottom: 2, right: 2 },
        { top: 4, left: 4, bottom: 4, right: 4 },
      ],
      active: { address: "B2", formula: "=1+1" },
    });
    expect(excel.trips).toBe(1);
  });

  it("tells the decimal separator of the region", async () => {
    const { excel, host } = excelWith({ S: {} });
    excel.decimal = ",";
    expect(await host.decimalSeparator()).toBe(",");
    expect(await createHost(surroundings(excel, 10)).decimalSeparator()).toBeNull();
  });

  it("selects a place, and says where there is none", async () => {
    const { excel, host } = excelWith({ S: {} });
    await host.select({ sheet: "S", top: 4, left: 1, bottom: 5, right: 1 });
    expect(excel.selected).toBe("S!B5:B6");
    await expect(host.select({ sheet: "Gone", ...A1 })).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("events", () => {
  async function listening() {
    const { excel, host } = excelWith({ S: { A1: 1 } });
    const changes: HostChange[] = [];
    const stop = await host.onChange((change) => changes.push(change));
    const emit = (address: string, changeType = "RangeEdited") =>
      Promise.all(
        [...excel.handlers.changed].map((handler) =>
          handler({ worksheetId: excel.sheet("S").id, address, changeType, source: "Local" }),
        ),
      );
    return { excel, host, changes, stop, emit };
  }

  it("tells cells, rows and what needs a fresh look apart", async () => {
    const { changes, emit } = await listening();
    await emit("A1:B2,D4");
    await emit("3:5", "RowInserted");
    await emit("B:B", "ColumnDeleted");
    await emit("A1", "CellInserted");
    expect(changes).toEqual([
      {
        kind: "cells",
        sheet: "S",
        areas: [
          { top: 0, left: 0, bottom: 1, right: 1 },
          { top: 3, left: 3, bottom: 3, right: 3 },
        ],
      },
      { kind: "insert_rows", sheet: "S", at: 2, count: 3 },
      { kind: "delete_columns", sheet: "S", at: 1, count: 1 },
      { kind: "structure" },
    ]);
  });

  it("is silent about its own writes, not about what Excel filled besides", async () => {
    vi.useFakeTimers();
    try {
      const { host, changes, emit } = await listening();
      await host.apply([{ type: "set_values", sheet: "S", range: "A1:A3", values: [[1], [2], [3]] }]);
      await emit("A1:A3");
      expect(changes).toEqual([]);
      await emit("A1:A9");
      expect(changes).toHaveLength(1);
      vi.advanceTimersByTime(1_000);
      await emit("A1:A3");
      expect(changes).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it("stops when it is told", async () => {
    const { excel, stop } = await listening();
    stop();
    await vi.waitFor(() => expect(excel.handlers.changed.size).toBe(0));
  });
});
