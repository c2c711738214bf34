/**
 * An IronCalc model that tells what is done to it.
 *
 * The grid's component calls the model's methods itself and IronCalc has no events, so the methods that change
 * something are shadowed on the instance; each reports one `GridChange`. One call is one entry of IronCalc's
 * undo history (`observed.test.ts` holds that for every method), so a parallel history of changes tells what an
 * undo or redo touched.
 */

import type { Area as IronArea, Model } from "@ironcalc/wasm";
import { type Area, MAX_COLUMNS, MAX_ROWS } from "../../host/address";

export type GridChange =
  | { readonly kind: "cells" | "formats"; readonly sheet: number; readonly area: Area }
  | {
      readonly kind: "inserted" | "deleted";
      readonly axis: "rows" | "columns";
      readonly sheet: number;
      readonly at: number;
      readonly count: number;
    }
  | { readonly kind: "moved"; readonly sheet: number }
  | { readonly kind: "sheet_added" | "sheet_deleted"; readonly id: number }
  | { readonly kind: "sheets" | "names" | "layout" };

/** A change, and whether the person or the add-in made it. */
export type ChangeListener = (change: GridChange) => void;

const OPPOSITE = {
  inserted: "deleted",
  deleted: "inserted",
  sheet_added: "sheet_deleted",
  sheet_deleted: "sheet_added",
} as const;

function inverse(change: GridChange): GridChange {
  if (change.kind === "inserted" || change.kind === "deleted")
    return { ...change, kind: OPPOSITE[change.kind] };
  if (change.kind === "sheet_added" || change.kind === "sheet_deleted") {
    return { ...change, kind: OPPOSITE[change.kind] };
  }
  return change;
}

/** A zero-based area from IronCalc's one-based first cell and size. */
export function fromIron(area: IronArea): Area {
  return {
    top: area.row - 1,
    left: area.column - 1,
    bottom: area.row + area.height - 2,
    right: area.column + area.width - 2,
  };
}

export function toIron(sheet: number, area: Area): IronArea {
  return {
    sheet,
    row: area.top + 1,
    column: area.left + 1,
    width: area.right - area.left + 1,
    height: area.bottom - area.top + 1,
  };
}

const corners = (top: number, left: number, bottom: number, right: number): Area => ({
  top: Math.min(top, bottom) - 1,
  left: Math.min(left, right) - 1,
  bottom: Math.max(top, bottom) - 1,
  right: Math.max(left, right) - 1,
});

type Reporter = (model: Model, args: readonly unknown[]) => GridChange | readonly GridChange[];
type Numbers = readonly number[];

const selected = (model: Model): { sheet: number; area: Area } => {
  const { sheet, range } = model.getSelectedView();
  return { sheet, area: corners(...range) };
};

const cellsOf =
  (kind: "cells" | "formats"): Reporter =>
  (_, args) => {
    const [sheet, top, left, bottom, right] = args as Numbers;
    return {
      kind,
      sheet: sheet ?? 0,
      area: corners(top ?? 1, left ?? 1, bottom ?? top ?? 1, right ?? left ?? 1),
    };
  };

const shifted =
  (kind: "inserted" | "deleted", axis: "rows" | "columns"): Reporter =>
  (_, args) => {
    const [sheet = 0, at = 1, count = 1] = args as Numbers;
    return { kind, axis, sheet, at: at - 1, count };
  };

const moved: Reporter = (_, args) => ({ kind: "moved", sheet: (args as Numbers)[0] ?? 0 });
const sheets: Reporter = () => ({ kind: "sheets" });
const names: Reporter = () => ({ kind: "names" });
const layout: Reporter = () => ({ kind: "layout" });

function sheetIds(model: Model): number[] {
  return model.getWorksheetsProperties().map((sheet) => sheet.sheet_id);
}

/** What each changing method did, told after the call; `before` is the ids of the sheets before it. */
const REPORTERS: Record<string, Reporter> = {
  setUserInput: (_, args) => {
    const [sheet = 0, row = 1, column = 1] = args as Numbers;
    return { kind: "cells", sheet, area: corners(row, column, row, column) };
  },
  rangeClearContents: cellsOf("cells"),
  rangeClearAll: (model, args) => [
    cellsOf("cells")(model, args) as GridChange,
    cellsOf("formats")(model, args) as GridChange,
  ],
  rangeClearFormatting: cellsOf("formats"),
  setUserArrayFormula: (_, args) => {
    const [sheet = 0, row = 1, column = 1, width = 1, height = 1] = args as Numbers;
    return { kind: "cells", sheet, area: corners(row, column, row + height - 1, column + width - 1) };
  },
  updateRangeStyle: (_, args) => {
    const area = args[0] as IronArea;
    return { kind: "formats", sheet: area.sheet, area: fromIron(area) };
  },
  setAreaWithBorder: (_, args) => {
    const area = args[0] as IronArea;
    return { kind: "formats", sheet: area.sheet, area: fromIron(area) };
  },
  autoFillRows: (_, args) => {
    const [source, to] = args as [IronArea, number];
    const area = fromIron(source);
    return {
      kind: "cells",
      sheet: source.sheet,
      area: { ...area, top: Math.min(area.top, to - 1), bottom: Math.max(area.bottom, to - 1) },
    };
  },
  autoFillColumns: (_, args) => {
    const [source, to] = args as [IronArea, number];
    const area = fromIron(source);
    return {
      kind: "cells",
      sheet: source.sheet,
      area: { ...area, left: Math.min(area.left, to - 1), right: Math.max(area.right, to - 1) },
    };
  },
  pasteCsvText: (model) => ({ kind: "cells", ...selected(model) }),
  pasteFromClipboard: (model, args) => {
    const [sourceSheet, [top, left, bottom, right], , isCut] = args as [
      number,
      [number, number, number, number],
      unknown,
      boolean,
    ];
    const target = selected(model);
    const source = corners(top, left, bottom, right);
    // The paste is as large as its source, and larger where the selection is.
    const area = {
      ...target.area,
      bottom: Math.max(target.area.bottom, target.area.top + source.bottom - source.top),
      right: Math.max(target.area.right, target.area.left + source.right - source.left),
    };
    const pasted: GridChange[] = [
      { kind: "cells", sheet: target.sheet, area },
      { kind: "formats", sheet: target.sheet, area },
    ];
    if (isCut) pasted.push({ kind: "cells", sheet: sourceSheet, area: source });
    return pasted;
  },
  onPasteStyles: (model, args) => {
    const styles = args[0] as readonly (readonly unknown[])[];
    const target = selected(model);
    return {
      kind: "formats",
      sheet: target.sheet,
      area: {
        ...target.area,
        bottom: Math.max(target.area.bottom, target.area.top + styles.length - 1),
        right: Math.max(target.area.right, target.area.left + (styles[0]?.length ?? 1) - 1),
      },
    };
  },
  onApplyNamedStyle: (model) => ({ kind: "formats", ...selected(model) }),
  insertRows: shifted("inserted", "rows"),
  insertColumns: shifted("inserted", "columns"),
  deleteRows: shifted("deleted", "rows"),
  deleteColumns: shifted("deleted", "columns"),
  moveRows: moved,
  moveColumns: moved,
  moveSheet: sheets,
  renameSheet: sheets,
  hideSheet: sheets,
  unhideSheet: sheets,
  setSheetColor: layout,
  newDefinedName: names,
  updateDefinedName: names,
  deleteDefinedName: names,
  setColumnsWidth: layout,
  setRowsHeight: layout,
  setColumnsHidden: layout,
  setRowsHidden: layout,
  setFrozenRowsCount: layout,
  setFrozenColumnsCount: layout,
  setShowGridLines: layout,
  addConditionalFormatting: layout,
  updateConditionalFormatting: layout,
  deleteConditionalFormatting: layout,
};

const SHEET_MAKERS = ["newSheet", "duplicateSheet", "deleteSheet"] as const;

/** Methods that move the selection or the window and change no workbook. */
const NAVIGATION = [
  "setSelectedCell",
  "setSelectedRange",
  "setSelectedSheet",
  "onAreaSelecting",
  "onArrowDown",
  "onArrowLeft",
  "onArrowRight",
  "onArrowUp",
  "onExpandSelectedRange",
  "onNavigateToEdgeInDirection",
  "onPageDown",
  "onPageUp",
  "setTopLeftVisibleCell",
] as const;

export class ObservedModel {
  private readonly listeners = new Set<ChangeListener>();
  private readonly viewListeners = new Set<() => void>();
  private readonly undoable: GridChange[][] = [];
  private readonly redoable: GridChange[][] = [];
  /** Counts moves of the selection or the window. */
  views = 0;
  private isMuted = false;
  /** Counts every change of the workbook. */
  revision = 0;

  constructor(readonly model: Model) {
    const methods = model as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const [name, report] of Object.entries(REPORTERS)) {
      const original = methods[name]?.bind(model);
      if (original === undefined) throw new Error(`expected IronCalc to have a method ${name}`);
      methods[name] = (...args) => {
        const result = original(...args);
        this.record(report(model, args));
        return result;
      };
    }
    for (const name of SHEET_MAKERS) {
      const original = methods[name]?.bind(model);
      methods[name] = (...args) => {
        const before = sheetIds(model);
        const result = original?.(...args);
        const after = sheetIds(model);
        this.record([
          ...after.filter((id) => !before.includes(id)).map((id) => ({ kind: "sheet_added", id }) as const),
          ...before.filter((id) => !after.includes(id)).map((id) => ({ kind: "sheet_deleted", id }) as const),
        ]);
        this.viewMoved();
        return result;
      };
    }
    for (const [name, from, to] of [
      ["undo", this.undoable, this.redoable],
      ["redo", this.redoable, this.undoable],
    ] as const) {
      const original = methods[name]?.bind(model);
      methods[name] = () => {
        const result = original?.();
        const changes = from.pop();
        if (changes !== undefined) {
          to.push(changes);
          this.tell(name === "undo" ? changes.map(inverse).reverse() : changes);
        }
        return result;
      };
    }
    for (const name of NAVIGATION) {
      const original = methods[name]?.bind(model);
      methods[name] = (...args) => {
        const result = original?.(...args);
        this.viewMoved();
        return result;
      };
    }
  }

  onChange(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Selection, sheet shown, or scroll position may have changed. */
  onView(listener: () => void): () => void {
    this.viewListeners.add(listener);
    return () => this.viewListeners.delete(listener);
  }

  /** Runs `action`, whose changes are told as one change of the cells of `area`. */
  together(sheet: number, area: Area, action: () => void): void {
    this.isMuted = true;
    try {
      action();
    } finally {
      this.isMuted = false;
      this.tell([{ kind: "cells", sheet, area }]);
    }
  }

  /** How many entries IronCalc's undo history has got since it was loaded, less those undone. */
  get undoDepth(): number {
    return this.undoable.length;
  }

  private record(reported: GridChange | readonly GridChange[]): void {
    const changes = (Array.isArray(reported) ? reported : [reported]) as GridChange[];
    this.undoable.push(changes);
    this.redoable.length = 0;
    this.tell(changes);
  }

  private tell(changes: readonly GridChange[]): void {
    if (this.isMuted) return;
    this.revision++;
    for (const change of changes) {
      for (const listener of this.listeners) listener(change);
    }
  }

  private viewMoved(): void {
    this.views++;
    for (const listener of this.viewListeners) listener();
  }
}

export function wholeSheet(): Area {
  return { top: 0, left: 0, bottom: MAX_ROWS - 1, right: MAX_COLUMNS - 1 };
}
