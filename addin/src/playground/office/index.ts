/** Office.js over the grid: the `ExcelApi` and `OfficeApi` that the host is given in the playground. */

import type { ExcelApi, OfficeApi, OfficeContext } from "../../host/surface";
import { Batch, OfficeError } from "./batch";
import type { GridCells } from "./cells";
import { Events } from "./events";
import type { GridTables } from "./tables";
import { Workbook } from "./workbook";
import { Workspace } from "./workspace";

/** Kinds of edits that IronCalc's grid has no place for. */
export const UNSUPPORTED_EDITS: readonly string[] = [
  "merge",
  "unmerge",
  "filter",
  "add_table",
  "add_chart",
  "add_pivot",
  "add_conditional_format",
  "add_data_validation",
];

const HIGHEST_SET = 12;

/** A workbook in the grid, as the shim needs it. */
export interface GridWorkbook {
  readonly title: string;
  readonly cells: GridCells;
  readonly tables: GridTables;
  readonly protectedSheets: ReadonlySet<string>;
}

export class GridExcel implements ExcelApi {
  private readonly events = new Events();
  private workbook: GridWorkbook | null = null;

  /** `afterWrite` is called when the add-in has changed cells or the selection, so that the grid is drawn again. */
  constructor(private readonly afterWrite: () => void = () => {}) {}

  attach(workbook: GridWorkbook): void {
    this.workbook = workbook;
    this.events.attach(workbook.cells);
  }

  run<T>(batch: (context: OfficeContext) => Promise<T>): Promise<T>;
  run<T>(options: { mergeUndoGroup?: boolean }, batch: (context: OfficeContext) => Promise<T>): Promise<T>;
  async run<T>(
    first: { mergeUndoGroup?: boolean } | ((context: OfficeContext) => Promise<T>),
    second?: (context: OfficeContext) => Promise<T>,
  ): Promise<T> {
    const action = typeof first === "function" ? first : second;
    if (action === undefined) throw new OfficeError("InvalidArgument", "expected a function for Excel.run");
    const { workbook } = this;
    if (workbook === null) throw new OfficeError("ItemNotFound", "expected a workbook, none is open");
    const { cells, tables, protectedSheets, title } = workbook;
    const batch = new Batch();
    const sync = async () => {
      // Office.js never answers in the same turn.
      await Promise.resolve();
      this.flush(batch, cells);
    };
    const workspace = new Workspace(batch, cells, tables, protectedSheets);
    const result = await action({ workbook: new Workbook(workspace, this.events, title), sync });
    await sync();
    return result;
  }

  private flush(batch: Batch, cells: GridCells): void {
    const { observed } = cells;
    const before = observed.revision + observed.views;
    this.events.isOwn = true;
    try {
      batch.flush();
    } finally {
      this.events.isOwn = false;
      if (observed.revision + observed.views !== before) this.afterWrite();
    }
  }
}

export function gridOffice(language: string): OfficeApi {
  return {
    context: {
      contentLanguage: "en-US",
      displayLanguage: language,
      platform: "Playground",
      requirements: {
        isSetSupported(name, version = "1.1") {
          const [major = 0, minor = 0] = version.split(".").map(Number);
          return name === "ExcelApi" && major === 1 && minor <= HIGHEST_SET;
        },
      },
    },
  };
}
