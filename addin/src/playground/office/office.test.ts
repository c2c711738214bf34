import { describe, expect, it } from "vitest";
import type { OfficeRange, SheetChanged } from "../../host/surface";
import type { CellStyle } from "../../protocol/messages";
import { grid, turn } from "../testing/grid";
import { gridOffice } from ".";

async function loaded(range: OfficeRange, properties: string[], sync: () => Promise<unknown>) {
  range.load(properties);
  await sync();
  return range;
}

describe("reading", () => {
  it("gives exact values, types, formulas and addresses", async () => {
    const { excel } = grid({
      "My data": {
        A1: "=1/3",
        A2: "=0.1+0.2",
        A3: "text",
        A4: "TRUE",
        A5: "=1/0",
        A7: "0.125",
        B1: "2024-03-01",
        B2: "=B1+1",
      },
    });
    await excel.run(async (context) => {
      const range = context.workbook.worksheets.getItem("my DATA").getRange("A1:B7");
      await loaded(
        range,
        ["values", "valueTypes", "formulas", "address", "rowCount", "numberFormat"],
        context.sync,
      );
      expect(range.address).toBe("'My data'!A1:B7");
      expect(range.rowCount).toBe(7);
      expect(range.values.map((row) => row[0])).toEqual([
        1 / 3,
        0.1 + 0.2,
        "text",
        true,
        "#DIV/0!",
        "",
        0.125,
      ]);
      expect(range.valueTypes.map((row) => row[0])).toEqual([
        "Double",
        "Double",
        "String",
        "Boolean",
        "Error",
        "Empty",
        "Double",
      ]);
      expect(range.formulas[0]?.[0]).toBe("=1/3");
      expect(range.formulas[0]?.[1]).toBe(45352);
      expect(range.values[1]?.[1]).toBe(45353);
      expect(range.numberFormat[0]).toEqual(["General", "yyyy-mm-dd"]);
    });
  });

  it("follows recalculation exactly after edits", async () => {
    const { excel } = grid({ S: { A1: "3", B1: "=1/A1" } });
    await excel.run(async (context) => {
      const cell = context.workbook.worksheets.getItem("S").getRange("B1");
      await loaded(cell, ["values"], context.sync);
      expect(cell.values).toEqual([[1 / 3]]);
      context.workbook.worksheets.getItem("S").getRange("A1").values = [[7]];
      await loaded(cell, ["values"], context.sync);
      expect(cell.values).toEqual([[1 / 7]]);
      context.workbook.worksheets.getItem("S").getRange("1:1").insert("Down");
      const moved = context.workbook.worksheets.getItem("S").getRange("B2");
      await loaded(moved, ["values", "formulas"], context.sync);
      expect(moved.values).toEqual([[1 / 7]]);
      expect(moved.formulas).toEqual([["=1/A2"]]);
    });
  });

  it("refuses a property that was not loaded, as Office.js does", async () => {
    const { excel } = grid();
    await excel.run(async (context) => {
      const range = context.workbook.worksheets.getItem("Sheet1").getRange("A1");
      expect(() => range.values).toThrow(expect.objectContaining({ code: "PropertyNotLoaded" }));
      range.load("values");
      expect(() => range.values).toThrow(expect.objectContaining({ code: "PropertyNotLoaded" }));
      await context.sync();
      expect(range.values).toEqual([[""]]);
    });
  });

  it("has null objects, and errors for what does not exist", async () => {
    const { excel } = grid();
    await excel.run(async (context) => {
      const none = context.workbook.worksheets.getItemOrNullObject("Nowhere");
      const used = context.workbook.worksheets.getItem("Sheet1").getUsedRangeOrNullObject();
      await context.sync();
      expect([none.isNullObject, used.isNullObject]).toEqual([true, true]);
    });
    const missing = excel.run(async (context) => {
      context.workbook.worksheets.getItem("Nowhere").getRange("A1").load("values");
      await context.sync();
    });
    await expect(missing).rejects.toMatchObject({ code: "ItemNotFound" });
  });

  it("lists sheets, names, tables, the used range and spills", async () => {
    const table = {
      name: "Orders",
      sheet: "One",
      range: "A1:B3",
      columns: ["Item", "Price"],
      header_rows: 1,
      totals_rows: 0,
      style: null,
    };
    const { excel, model } = grid({ One: { A1: "Item", B1: "Price", C5: "=SEQUENCE(3)" }, Two: {} }, [table]);
    model.newDefinedName("Total", undefined, "One!$B$3");
    await excel.run(async (context) => {
      const { worksheets, names, tables } = context.workbook;
      worksheets.load("items/name,items/id,items/visibility");
      names.load(["items/name", "items/formula"]);
      tables.load("items/name");
      const used = worksheets.getItem("One").getUsedRangeOrNullObject();
      used.load("address");
      const spill = worksheets.getItem("One").getRange("C5").getSpillingToRangeOrNullObject();
      spill.load("address");
      const parent = worksheets.getItem("One").getRange("C6").getSpillParentOrNullObject();
      parent.load("address");
      await context.sync();
      expect(worksheets.items.map((sheet) => [sheet.name, sheet.visibility])).toEqual([
        ["One", "Visible"],
        ["Two", "Visible"],
      ]);
      expect(names.items.map((name) => [name.name, name.formula])).toEqual([["Total", "=One!$B$3"]]);
      expect(used.address).toBe("One!A1:C7");
      expect(spill.address).toBe("One!C5:C7");
      expect(parent.address).toBe("One!C5");
      const range = tables.items[0]?.getRange();
      range?.load("address");
      worksheets.getItem("One").getRange("2:2").insert("Down");
      const after = tables.items[0]?.getRange();
      after?.load("address");
      await context.sync();
      expect([range?.address, after?.address]).toEqual(["One!A1:B3", "One!A1:B4"]);
    });
  });
});

describe("writing", () => {
  it("takes formulas and values, null leaves alone, empty text clears", async () => {
    const { excel, cells } = grid({ S: { A1: "1", A2: "2", A3: "3" } });
    await excel.run(async (context) => {
      context.workbook.worksheets.getItem("S").getRange("A1:B3").formulas = [
        [10, "=A1*2"],
        [null, "=SUM(A1:A3)"],
        ["", true],
      ];
      await context.sync();
    });
    const area = { top: 0, left: 0, bottom: 2, right: 1 };
    expect(cells.formulas(0, area)).toEqual([
      [10, "=A1*2"],
      [2, "=SUM(A1:A3)"],
      ["", true],
    ]);
    expect(cells.values(0, area)[1]).toEqual([2, 12]);
  });

  it("refuses a formula that does not parse and leaves the cell as it was", async () => {
    const { excel, cells } = grid({ S: { A1: "7" } });
    const broken = excel.run(async (context) => {
      context.workbook.worksheets.getItem("S").getRange("A1").formulas = [["=1+"]];
      await context.sync();
    });
    await expect(broken).rejects.toMatchObject({ code: "InvalidArgument" });
    expect(cells.content(0, 0, 0)).toBe("7");
  });

  it("keeps a cell's number format when a number is written", async () => {
    const { excel, cells } = grid({ S: { A1: "50%" } });
    await excel.run(async (context) => {
      context.workbook.worksheets.getItem("S").getRange("A1").values = [[0.25]];
      await context.sync();
    });
    expect(cells.numberFormats(0, { top: 0, left: 0, bottom: 0, right: 0 })).toEqual([["#,##0%"]]);
    expect(cells.values(0, { top: 0, left: 0, bottom: 0, right: 0 })).toEqual([[0.25]]);
  });

  it("keeps number formats where a formula reads cells of another, also when it is filled", async () => {
    const { excel, cells, model } = grid({ S: { A1: "$10.00", A2: "$30.00", C1: "40" } });
    model.updateRangeStyle({ sheet: 0, row: 1, column: 2, width: 1, height: 2 }, "num_fmt", "0.0%");
    await excel.run(async (context) => {
      const sheet = context.workbook.worksheets.getItem("S");
      sheet.getRange("B1").formulas = [["=A1/$C$1"]];
      sheet.getRange("B1").autoFill("B1:B2", "FillDefault");
      await context.sync();
    });
    const column = { top: 0, left: 1, bottom: 1, right: 1 };
    expect(cells.texts(0, column)).toEqual([["25.0%"], ["75.0%"]]);
    expect(cells.formulas(0, column)).toEqual([["=A1/$C$1"], ["=A2/$C$1"]]);
  });

  it("brings looks back exactly", async () => {
    const { excel } = grid({ S: { A1: "1", B1: "2" } });
    await excel.run(async (context) => {
      const range = context.workbook.worksheets.getItem("S").getRange("A1:B1");
      const before = range.getCellProperties({});
      await context.sync();
      range.format.font.bold = true;
      range.format.font.name = "Georgia";
      range.format.font.color = "#C00000";
      range.format.font.size = 18;
      range.format.fill.color = "#FFFF00";
      range.format.horizontalAlignment = "Center";
      range.format.wrapText = true;
      const border = range.format.borders.getItem("EdgeBottom");
      border.style = "Continuous";
      border.weight = "Thick";
      border.color = "#00B050";
      const after = range.getCellProperties({});
      await context.sync();
      expect(after.value[0]?.[1]?.format).toMatchObject({
        font: { bold: true, name: "Georgia", color: "#C00000", size: 18 },
        fill: { color: "#FFFF00" },
        horizontalAlignment: "Center",
        wrapText: true,
        borders: { bottom: { style: "Continuous", weight: "Thick", color: "#00B050" } },
      });
      range.format.horizontalAlignment = "CenterAcrossSelection";
      const across = range.getCellProperties({});
      await context.sync();
      expect(across.value[0]?.[0]?.format?.horizontalAlignment).toBe("CenterAcrossSelection");
      range.setCellProperties(across.value);
      range.setCellProperties(before.value);
      range.format.fill.clear();
      const restored = range.getCellProperties({});
      await context.sync();
      expect(restored.value).toEqual(before.value);
    });
  });

  it("tells the formats of the file where IronCalc had to round them, until they are changed", async () => {
    const { excel, cells } = grid({ S: { A1: "1" } });
    const style = { font_size: 10.5, underline: "double", horizontal: "right", vertical: null };
    cells.keepOwnStyle(0, 0, 0, style as CellStyle);
    await excel.run(async (context) => {
      const cell = context.workbook.worksheets.getItem("S").getRange("A1");
      const own = cell.getCellProperties({});
      cell.values = [[2]];
      const kept = cell.getCellProperties({});
      await context.sync();
      expect(own.value[0]?.[0]?.format).toMatchObject({
        font: { size: 10.5, underline: "Double" },
        horizontalAlignment: "Right",
      });
      expect(kept.value).toEqual(own.value);
      cell.format.font.size = 14;
      const changed = cell.getCellProperties({});
      await context.sync();
      expect(changed.value[0]?.[0]?.format?.font?.size).toBe(14);
    });
  });

  it("copies with references shifted, and values, formats, formulas alone", async () => {
    const { excel, cells } = grid({ S: { A1: "5", B1: "=A1*2", A2: "6" } });
    await excel.run(async (context) => {
      const sheet = context.workbook.worksheets.getItem("S");
      sheet.getRange("B1").format.font.bold = true;
      sheet.getRange("B2:B3").copyFrom("B1", "All");
      sheet.getRange("D1").copyFrom("B1", "Values");
      sheet.getRange("E1").copyFrom("B1", "Formats");
      sheet.getRange("C1").copyFrom("B1", "Formulas");
      await context.sync();
    });
    const row = (index: number) => cells.formulas(0, { top: index, bottom: index, left: 0, right: 4 })[0];
    expect(row(0)).toEqual([5, "=A1*2", "=B1*2", 10, ""]);
    expect(row(1)?.[1]).toBe("=A2*2");
    expect(row(2)?.[1]).toBe("=A3*2");
    const bold = (column: number) => cells.style(0, 0, column).font.b;
    expect([bold(1), bold(2), bold(3), bold(4)].map(Boolean)).toEqual([true, false, false, true]);
    expect(Boolean(cells.style(0, 1, 1).font.b)).toBe(true);
  });

  it("sorts rows with their formulas", async () => {
    const { excel, cells } = grid({
      S: { A1: "n", A2: "3", A3: "1", A4: "2", B2: "=A2*10", B3: "=A3*10", B4: "=A4*10" },
    });
    await excel.run(async (context) => {
      context.workbook.worksheets
        .getItem("S")
        .getRange("A1:B4")
        .sort.apply([{ key: 0 }], false, true);
      await context.sync();
    });
    expect(cells.values(0, { top: 1, bottom: 3, left: 0, right: 1 })).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    expect(cells.content(0, 1, 1)).toBe("=A2*10");
  });

  it("fills down, inserts and deletes rows and columns, freezes, renames, adds and deletes sheets", async () => {
    const { excel, model, cells } = grid({ S: { A1: "1", B1: "=A1+1" } });
    await excel.run(async (context) => {
      const sheet = context.workbook.worksheets.getItem("S");
      sheet.getRange("B1").autoFill("B1:B3", "FillDefault");
      sheet.getRange("A:A").insert("Right");
      sheet.freezePanes.freezeAt("1:1");
      sheet.name = "Renamed";
      sheet.getRange("C1").load("formulas");
      const added = context.workbook.worksheets.add("New");
      await context.sync();
      expect(cells.content(0, 2, 2)).toBe("=B3+1");
      expect(model.getFrozenRowsCount(0)).toBe(1);
      added.delete();
      sheet.getRange("A:A").delete("Left");
      await context.sync();
    });
    expect(model.getWorksheetsProperties().map((sheet) => sheet.name)).toEqual(["Renamed"]);
    expect(cells.content(0, 2, 1)).toBe("=A3+1");
  });

  it("says what the grid has no place for", async () => {
    const { excel } = grid();
    const merged = excel.run(async (context) => {
      context.workbook.worksheets.getItem("Sheet1").getRange("A1:B1").merge();
      await context.sync();
    });
    await expect(merged).rejects.toMatchObject({ code: "NotImplemented" });
  });
});

describe("events", () => {
  it("tells edits of the person and of the add-in apart, and joins neighbours", async () => {
    const { excel, model } = grid({ S: {} });
    const events: SheetChanged[] = [];
    await excel.run(async (context) => {
      context.workbook.worksheets.onChanged.add(async (event) => events.push(event));
      await context.sync();
    });
    model.setUserInput(0, 2, 2, "5");
    await turn();
    await excel.run(async (context) => {
      context.workbook.worksheets.getItem("S").getRange("D1:E3").formulas = Array.from({ length: 3 }, () => [
        1, 2,
      ]);
      await context.sync();
    });
    await turn();
    expect(
      events.map(({ address, changeType, triggerSource }) => [address, changeType, triggerSource]),
    ).toEqual([
      ["B2", "RangeEdited", undefined],
      ["D1:E3", "RangeEdited", "ThisLocalAddin"],
    ]);
  });

  it("tells formats that the person sets, inside what the sheet keeps, and not those of the add-in", async () => {
    const { excel, model } = grid({ S: { A1: "1", B3: "2" } });
    const events: SheetChanged[] = [];
    await excel.run(async (context) => {
      context.workbook.worksheets.onChanged.add(async (event) => events.push(event));
      await context.sync();
    });
    model.updateRangeStyle({ sheet: 0, row: 1, column: 1, width: 1, height: 1_048_576 }, "font.b", "true");
    await turn();
    await excel.run(async (context) => {
      context.workbook.worksheets.getItem("S").getRange("B3").format.font.bold = true;
      await context.sync();
    });
    await turn();
    expect(events.map(({ address }) => address)).toEqual(["A1:A3"]);
  });

  it("tells inserted rows, what undo brings back, and the selection", async () => {
    const { excel, model } = grid({ S: { A1: "1" }, T: {} });
    const events: string[] = [];
    await excel.run(async (context) => {
      context.workbook.worksheets.onChanged.add(async (event) =>
        events.push(`${event.changeType} ${event.address}`),
      );
      context.workbook.onSelectionChanged.add(async () => events.push("selected"));
      await context.sync();
    });
    model.insertRows(0, 2, 3);
    model.undo();
    await turn();
    expect(events).toEqual(["RowInserted 2:4", "RowDeleted 2:4"]);
    events.length = 0;
    model.setSelectedCell(3, 3);
    model.onArrowDown();
    await turn();
    expect(events).toEqual(["selected"]);
    await excel.run(async (context) => {
      const selected = context.workbook.getSelectedRanges();
      selected.load("address");
      await context.sync();
      expect(selected.address).toBe("S!C4");
      context.workbook.worksheets.getItem("T").getRange("B2:C3").select();
      const now = context.workbook.getSelectedRanges();
      now.load("address");
      now.areas.load("items/address");
      await context.sync();
      expect(now.address).toBe("T!B2:C3");
      expect(now.areas.items.map((area) => area.address)).toEqual(["T!B2:C3"]);
    });
  });
});

describe("the grid's abilities", () => {
  it("supports requirement sets up to 1.12 only", () => {
    const { requirements } = gridOffice("en").context;
    expect(requirements.isSetSupported("ExcelApi", "1.9")).toBe(true);
    expect(requirements.isSetSupported("ExcelApi", "1.13")).toBe(false);
    expect(requirements.isSetSupported("KeyboardShortcuts", "1.1")).toBe(false);
  });
});
