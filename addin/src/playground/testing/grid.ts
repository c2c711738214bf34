/** A real IronCalc model for tests, and the shim over it. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { initSync, Model } from "@ironcalc/wasm";
import type { ExcelApi } from "../../host/surface";
import { ObservedModel } from "../model/observed";
import { GridExcel } from "../office";
import { GridCells } from "../office/cells";
import { GridTables, type TableFacts } from "../office/tables";

initSync({ module: readFileSync(createRequire(import.meta.url).resolve("@ironcalc/wasm/wasm_bg.wasm")) });

export interface TestGrid {
  readonly excel: ExcelApi;
  readonly observed: ObservedModel;
  readonly cells: GridCells;
  readonly model: Model;
}

/** Sheets of A1 -> what a person would type. */
export function grid(
  sheets: Record<string, Record<string, string>> = { Sheet1: {} },
  tables: readonly TableFacts[] = [],
): TestGrid {
  const model = new Model("test", "en", "UTC", "en");
  for (const [index, [name, cells]] of Object.entries(sheets).entries()) {
    if (index > 0) model.newSheet();
    model.renameSheet(index, name);
    for (const [address, input] of Object.entries(cells)) {
      const [, letters = "A", row = "1"] = /^([A-Z]+)([0-9]+)$/.exec(address) ?? [];
      const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
      model.setUserInput(index, Number(row), column, input);
    }
  }
  const loaded = Model.from_bytes(model.toBytes(), "en");
  loaded.evaluate();
  loaded.setSelectedSheet(0);
  const observed = new ObservedModel(loaded);
  const gridCells = new GridCells(observed);
  const excel = new GridExcel();
  excel.attach({
    title: "Test.xlsx",
    cells: gridCells,
    tables: new GridTables(observed, tables),
    protectedSheets: new Set(),
  });
  return { excel, observed, cells: gridCells, model: loaded };
}

/** One turn of the event loop, in which the shim's events come. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
