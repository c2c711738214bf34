/**
 * Office.js over the grid: the `ExcelApi` and `OfficeApi` that the host is given in the playground.
 *
 * Events come after what caused them, one turn of the event loop later, joined by sheet; `triggerSource` tells
 * the add-in's own writes as Excel does.
 */

import { type Area, areaAddress, columnLetters } from "../../host/address";
import type {
  EventHandle,
  EventSource,
  ExcelApi,
  OfficeApi,
  OfficeContext,
  OfficeRangeAreas,
  OfficeWorkbook,
  OfficeWorksheet,
  OfficeWorksheets,
  SheetChanged,
} from "../../host/surface";
import type { GridChange } from "../model/observed";
import { Batch, OfficeError, ShimCollection, ShimObject } from "./batch";
import type { GridCells } from "./cells";
import { Names } from "./names";
import { Range, RangeAreas } from "./range";
import type { GridTables } from "./tables";
import { Tables } from "./tables";
import { Worksheet } from "./worksheet";
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

class Source<Arguments> implements EventSource<Arguments> {
  private readonly handlers = new Set<(event: Arguments) => Promise<unknown>>();

  add(handler: (event: Arguments) => Promise<unknown>): EventHandle {
    this.handlers.add(handler);
    return { remove: () => void this.handlers.delete(handler) };
  }

  fire(event: Arguments): void {
    for (const handler of [...this.handlers]) void handler(event);
  }
}

class Events {
  readonly changed = new Source<SheetChanged>();
  readonly calculated = new Source<{ readonly worksheetId: string; readonly address?: string }>();
  readonly added = new Source<{ readonly worksheetId: string }>();
  readonly deleted = new Source<{ readonly worksheetId: string }>();
  readonly selected = new Source<object>();
  /** True while the add-in's own queue runs. */
  isOwn = false;
  private pending: (() => void)[] = [];
  private lastView = "";

  constructor(private readonly cells: GridCells) {
    cells.observed.onChange((change) => this.noticed(change));
    cells.observed.onView(() => this.later(() => this.viewed()));
  }

  private later(action: () => void): void {
    this.pending.push(action);
    if (this.pending.length > 1) return;
    setTimeout(() => {
      const actions = this.pending;
      this.pending = [];
      for (const run of actions) run();
    }, 0);
  }

  private lastEdit: { id: string; area: Area; source: string | undefined } | null = null;

  private noticed(change: GridChange): void {
    const triggerSource = this.isOwn ? "ThisLocalAddin" : undefined;
    if (change.kind === "cells") {
      const id = String(this.cells.sheetId(change.sheet));
      const last = this.lastEdit;
      if (last !== null && last.id === id && last.source === triggerSource) {
        const joined = adjoining(last.area, change.area);
        if (joined !== null) {
          last.area = joined;
          return;
        }
      }
      const edit = { id, area: change.area, source: triggerSource };
      this.lastEdit = edit;
      this.later(() => {
        this.lastEdit = null;
        this.tellChanged(id, areaAddress(edit.area), "RangeEdited", triggerSource);
        for (const sheet of this.cells.observed.model.getWorksheetsProperties()) {
          this.calculated.fire({ worksheetId: String(sheet.sheet_id) });
        }
      });
    } else if (change.kind === "inserted" || change.kind === "deleted") {
      const id = String(this.cells.sheetId(change.sheet));
      const isRows = change.axis === "rows";
      const last = change.at + change.count - 1;
      const address = isRows
        ? `${change.at + 1}:${last + 1}`
        : `${columnLetters(change.at)}:${columnLetters(last)}`;
      const type = `${isRows ? "Row" : "Column"}${change.kind === "inserted" ? "Inserted" : "Deleted"}`;
      this.lastEdit = null;
      this.later(() => this.tellChanged(id, address, type, triggerSource));
    } else if (change.kind === "moved") {
      const area = this.cells.used(change.sheet);
      const id = String(this.cells.sheetId(change.sheet));
      if (area !== null)
        this.later(() => this.tellChanged(id, areaAddress(area), "RangeEdited", triggerSource));
    } else if (change.kind === "sheet_added") {
      this.later(() => this.added.fire({ worksheetId: String(change.id) }));
    } else if (change.kind === "sheet_deleted") {
      this.later(() => this.deleted.fire({ worksheetId: String(change.id) }));
    }
  }

  private tellChanged(
    worksheetId: string,
    address: string,
    changeType: string,
    triggerSource: string | undefined,
  ): void {
    this.changed.fire({
      worksheetId,
      address,
      changeType,
      source: "Local",
      ...(triggerSource === undefined ? {} : { triggerSource }),
    });
  }

  private viewed(): void {
    const { sheet, row, column, range } = this.cells.observed.model.getSelectedView();
    const view = [sheet, row, column, ...range].join();
    if (view === this.lastView) return;
    this.lastView = view;
    this.selected.fire({});
  }
}

/** The area of both where they make one rectangle, or one holds the other. */
function adjoining(a: Area, b: Area): Area | null {
  const joined = {
    top: Math.min(a.top, b.top),
    left: Math.min(a.left, b.left),
    bottom: Math.max(a.bottom, b.bottom),
    right: Math.max(a.right, b.right),
  };
  const cells = (area: Area) => (area.bottom - area.top + 1) * (area.right - area.left + 1);
  const isWithin = cells(joined) === Math.max(cells(a), cells(b));
  const sharesColumns =
    a.left === b.left && a.right === b.right && b.top <= a.bottom + 1 && a.top <= b.bottom + 1;
  const sharesRows =
    a.top === b.top && a.bottom === b.bottom && b.left <= a.right + 1 && a.left <= b.right + 1;
  return isWithin || sharesColumns || sharesRows ? joined : null;
}

class Worksheets extends ShimCollection<Worksheet> implements OfficeWorksheets {
  readonly onChanged: EventSource<SheetChanged>;
  readonly onCalculated: EventSource<{ readonly worksheetId: string; readonly address?: string }>;
  readonly onAdded: EventSource<{ readonly worksheetId: string }>;
  readonly onDeleted: EventSource<{ readonly worksheetId: string }>;

  constructor(
    private readonly at: Workspace,
    events: Events,
  ) {
    super(at.batch);
    this.onChanged = events.changed;
    this.onCalculated = events.calculated;
    this.onAdded = events.added;
    this.onDeleted = events.deleted;
  }

  /** By name or by id, as in Office.js. */
  private index(key: string): number {
    const named = this.at.cells.sheetIndex(key);
    return named >= 0 ? named : this.at.cells.sheetById(Number(key));
  }

  protected list(): Worksheet[] {
    return this.at.cells.observed.model
      .getWorksheetsProperties()
      .map(({ sheet_id }) => new Worksheet(this.at, () => this.at.cells.sheetById(sheet_id)));
  }

  getItem(key: string): OfficeWorksheet {
    let id: number | null = null;
    // The name may change in the same batch; the sheet stays the one that it named first.
    return new Worksheet(this.at, () => {
      id ??= this.at.cells.sheetId(this.index(key));
      return this.at.cells.sheetById(id);
    });
  }

  getItemOrNullObject(key: string): OfficeWorksheet {
    return new Worksheet(this.at, () => this.index(key), true);
  }

  add(name?: string): OfficeWorksheet {
    let id = -1;
    this.batch.push(() => {
      const { model } = this.at.cells.observed;
      model.newSheet();
      const sheet = model.getWorksheetsProperties().length - 1;
      id = this.at.cells.sheetId(sheet);
      if (name !== undefined) model.renameSheet(sheet, name);
    });
    return new Worksheet(this.at, () => this.at.cells.sheetById(id));
  }
}

class Workbook extends ShimObject implements OfficeWorkbook {
  readonly worksheets: Worksheets;
  readonly tables: Tables;
  readonly names: Names;
  readonly onSelectionChanged: EventSource<object>;

  constructor(
    private readonly at: Workspace,
    events: Events,
    private readonly title: string,
  ) {
    super(at.batch);
    this.worksheets = new Worksheets(at, events);
    this.tables = new Tables(at, null);
    this.names = new Names(at, null);
    this.onSelectionChanged = events.selected;
  }

  protected read(property: string): unknown {
    if (property !== "name") throw new OfficeError("InvalidArgument", `expected name, got ${property}`);
    return this.title;
  }

  get name(): string {
    return this.value("name");
  }

  private selection(): { sheet: number; area: Area } {
    const { sheet, range } = this.at.cells.observed.model.getSelectedView();
    const [top, left, bottom, right] = range;
    const area = {
      top: Math.min(top, bottom) - 1,
      left: Math.min(left, right) - 1,
      bottom: Math.max(top, bottom) - 1,
      right: Math.max(left, right) - 1,
    };
    return { sheet, area };
  }

  getActiveCell(): Range {
    return new Range(this.at, () => {
      const { sheet, row, column } = this.at.cells.observed.model.getSelectedView();
      return { sheet, area: { top: row - 1, bottom: row - 1, left: column - 1, right: column - 1 } };
    });
  }

  getSelectedRange(): Range {
    return new Range(this.at, () => this.selection());
  }

  getSelectedRanges(): OfficeRangeAreas {
    return new RangeAreas(this.at, () => [this.selection()]);
  }
}

export interface ShimOptions {
  readonly title: string;
  readonly tables: GridTables;
  readonly protectedSheets?: ReadonlySet<string>;
  /** Called when the add-in has written, so that the grid can be drawn again. */
  readonly afterSync?: () => void;
}

export function makeExcel(cells: GridCells, options: ShimOptions): ExcelApi {
  const events = new Events(cells);
  const run = async <T>(
    first: { mergeUndoGroup?: boolean } | ((context: OfficeContext) => Promise<T>),
    second?: (context: OfficeContext) => Promise<T>,
  ): Promise<T> => {
    const batchFunction = typeof first === "function" ? first : second;
    if (batchFunction === undefined)
      throw new OfficeError("InvalidArgument", "expected a function for Excel.run");
    const batch = new Batch();
    const workspace = new Workspace(batch, cells, options.tables, options.protectedSheets ?? new Set());
    const sync = async () => {
      // Office.js never answers in the same turn.
      await Promise.resolve();
      const before = cells.observed.revision;
      events.isOwn = true;
      try {
        batch.flush();
      } finally {
        events.isOwn = false;
        if (cells.observed.revision !== before) options.afterSync?.();
      }
    };
    const result = await batchFunction({ workbook: new Workbook(workspace, events, options.title), sync });
    await sync();
    return result;
  };
  return { run } as ExcelApi;
}

export function makeOffice(language: string): OfficeApi {
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
