import { Model } from "@ironcalc/wasm";
import { describe, expect, it } from "vitest";
import { grid } from "../testing/grid";
import { type GridChange, ObservedModel } from "./observed";

const area = { sheet: 0, row: 1, column: 1, width: 2, height: 2 };

/** Every method that changes the workbook, with what it must report. */
const CHANGES: Record<string, (model: Model) => void> = {
  setUserInput: (m) => m.setUserInput(0, 1, 1, "9"),
  rangeClearContents: (m) => m.rangeClearContents(0, 1, 1, 2, 2),
  rangeClearAll: (m) => m.rangeClearAll(0, 1, 1, 2, 2),
  rangeClearFormatting: (m) => m.rangeClearFormatting(0, 1, 1, 2, 2),
  setUserArrayFormula: (m) => m.setUserArrayFormula(0, 4, 4, 2, 2, "=ROW(A1:B2)"),
  updateRangeStyle: (m) => m.updateRangeStyle(area, "font.b", "true"),
  autoFillRows: (m) => m.autoFillRows(area, 6),
  autoFillColumns: (m) => m.autoFillColumns(area, 6),
  pasteCsvText: (m) => m.pasteCsvText(area, "1\t2\n3\t4"),
  insertRows: (m) => m.insertRows(0, 2, 2),
  insertColumns: (m) => m.insertColumns(0, 2, 1),
  deleteRows: (m) => m.deleteRows(0, 1, 1),
  deleteColumns: (m) => m.deleteColumns(0, 1, 1),
  moveRows: (m) => m.moveRows(0, 1, 1, 1),
  newSheet: (m) => m.newSheet(),
  deleteSheet: (m) => m.deleteSheet(1),
  duplicateSheet: (m) => m.duplicateSheet(0),
  renameSheet: (m) => m.renameSheet(0, "Other"),
  newDefinedName: (m) => m.newDefinedName("Rate", undefined, "One!$A$1"),
  setColumnsWidth: (m) => m.setColumnsWidth(0, 1, 2, 50),
  setFrozenRowsCount: (m) => m.setFrozenRowsCount(0, 1),
  pasteFromClipboard: (m) => {
    const { range, data } = m.copyToClipboard();
    m.setSelectedCell(5, 5);
    m.pasteFromClipboard(0, range, data, false);
  },
  onPasteStyles: (m) => m.onPasteStyles([[m.getCellStyle(0, 1, 1).style]]),
};

describe("ObservedModel", () => {
  it.each(Object.keys(CHANGES))("reports %s once, as one entry of the undo history", (name) => {
    const { model, observed } = grid({ One: { A1: "1", B2: "=A1+1" }, Two: {} });
    const changes: GridChange[] = [];
    observed.onChange((change) => changes.push(change));
    CHANGES[name]?.(model);
    expect(changes.length).toBeGreaterThan(0);
    expect(observed.revision).toBe(1);
    const done = changes.length;
    model.undo();
    expect(model.canUndo()).toBe(false);
    expect(observed.revision).toBe(2);
    expect(changes.length).toBe(2 * done);
    model.redo();
    expect(changes.slice(2 * done)).toEqual(changes.slice(0, done));
  });

  it("tells a listener until it leaves", () => {
    const { model, observed } = grid();
    let calls = 0;
    const leave = observed.onChange(() => {
      calls++;
    });
    model.setUserInput(0, 1, 1, "1");
    leave();
    model.setUserInput(0, 1, 1, "2");
    expect(calls).toBe(1);
  });

  it("refuses a model of another version of IronCalc", () => {
    const broken = new Proxy(new Model("x", "en", "UTC", "en"), {
      get: (target, name) => (name === "autoFillRows" ? undefined : Reflect.get(target, name)),
    });
    expect(() => new ObservedModel(broken)).toThrow("autoFillRows");
  });
});
