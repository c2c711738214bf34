/**
 * The workbook as the pane sees it: one implementation over `Excel.run`, the same against real Office.js (web,
 * Windows, Mac) and against the playground's shim. All that Excel can refuse arrives as a HostError.
 */

import type { Block, CellImage, PlannedEdit } from "../protocol/messages";
import { type Abilities, detectAbilities } from "./abilities";
import { type Area, areaAddress, parseArea, type SheetArea, splitAreas } from "./address";
import { applyEdits, conflicts } from "./apply";
import { asHostError, HostError } from "./errors";
import type { Journal } from "./journal";
import { readBlock, readSelection, readShape, type Selected, type WorkbookShape } from "./read";
import { localAddress } from "./steps";
import { isDestructive, type Unsupported, whyUnsupported } from "./support";
import type { EventHandle, GridExtras, OfficeContext, Surroundings } from "./surface";
import { changedSince, undoJournal } from "./undo";

/** What happened in the workbook. */
export type HostChange =
  | { readonly kind: "cells"; readonly sheet: string; readonly areas: readonly Area[] }
  | { readonly kind: "recalculated"; readonly sheet: string; readonly areas: readonly Area[] }
  | {
      readonly kind: "insert_rows" | "delete_rows" | "insert_columns" | "delete_columns";
      readonly sheet: string;
      readonly at: number;
      readonly count: number;
    }
  /** Sheets came or went, cells were pushed aside: what the server knows has to be sent anew. */
  | { readonly kind: "structure" };

export interface Host {
  readonly kind: "excel" | "playground";
  readonly platform: string;
  /** The language of formulas and numbers, such as `de-DE`. */
  readonly locale: string;
  readonly abilities: Abilities;
  readonly ghosts: Pick<GridExtras, "showGhosts" | "clearGhosts" | "onTab"> | null;
  keptWorkbook(): { readonly id: string; readonly name: string } | null;
  whyUnsupported(edit: PlannedEdit): Unsupported | null;
  isDestructive(edit: PlannedEdit): boolean;
  shape(): Promise<WorkbookShape>;
  block(sheet: string, area: Area, withLooks: boolean): Promise<Block>;
  selection(): Promise<Selected | null>;
  /** Selects a place and brings its sheet to the front. */
  select(place: SheetArea): Promise<void>;
  /** Cells that hold something else than the plan was made for. */
  conflicts(before: readonly CellImage[]): Promise<string[]>;
  /** Does all the edits or none; HostError `changed_since` where `before` no longer holds. */
  apply(edits: readonly PlannedEdit[], before?: readonly CellImage[]): Promise<Journal>;
  /** Takes a plan back; HostError `changed_since` where its cells were written since, unless `force`. */
  undo(journal: Journal, force?: boolean): Promise<void>;
  onSelection(handler: () => void): Promise<() => void>;
  onChange(handler: (change: HostChange) => void): Promise<() => void>;
  onWorkbook(handler: () => void): () => void;
}

const ROWS_AND_COLUMNS: Record<string, "insert_rows" | "delete_rows" | "insert_columns" | "delete_columns"> =
  {
    RowInserted: "insert_rows",
    RowDeleted: "delete_rows",
    ColumnInserted: "insert_columns",
    ColumnDeleted: "delete_columns",
  };

export function createHost(surroundings: Surroundings): Host {
  return new OfficeHost(surroundings);
}

class OfficeHost implements Host {
  readonly kind: "excel" | "playground";
  readonly platform: string;
  readonly locale: string;
  readonly abilities: Abilities;
  readonly ghosts: GridExtras | null;
  /** Own writes under way: events that they cause are no news. */
  private writing = 0;

  constructor(private readonly at: Surroundings) {
    this.kind = at.extras ? "playground" : "excel";
    this.platform = String(at.office.context.platform ?? "");
    this.locale = at.office.context.contentLanguage || "en-US";
    this.abilities = detectAbilities(at);
    this.ghosts = at.extras ?? null;
  }

  keptWorkbook() {
    return this.at.extras?.keptWorkbook() ?? null;
  }

  onWorkbook(handler: () => void) {
    return this.at.extras?.onWorkbook(handler) ?? (() => {});
  }

  whyUnsupported(edit: PlannedEdit) {
    return whyUnsupported(edit, this.abilities, this.at.extras?.unsupportedEdits ?? []);
  }

  isDestructive(edit: PlannedEdit) {
    return isDestructive(edit);
  }

  shape() {
    return this.run((context) => readShape(context, this.abilities));
  }

  block(sheet: string, area: Area, withLooks: boolean) {
    return this.run((context) => readBlock(context, sheet, area, this.abilities, withLooks));
  }

  async selection() {
    try {
      return await this.run((context) => readSelection(context, this.abilities));
    } catch (error) {
      // Excel throws where a chart or a shape is selected.
      if (error instanceof HostError && error.code === "excel") return null;
      throw error;
    }
  }

  select(place: SheetArea) {
    return this.run(async (context) => {
      const worksheet = context.workbook.worksheets.getItemOrNullObject(place.sheet);
      worksheet.load("name");
      await context.sync();
      if (worksheet.isNullObject) throw new HostError("not_found", place.sheet);
      worksheet.activate();
      worksheet.getRange(areaAddress(place)).select();
      await context.sync();
    });
  }

  conflicts(before: readonly CellImage[]) {
    return this.run((context) => conflicts(context, before));
  }

  apply(edits: readonly PlannedEdit[], before: readonly CellImage[] = []) {
    for (const edit of edits) {
      const why = this.whyUnsupported(edit);
      if (why) return Promise.reject(new HostError("unsupported_edit", `${edit.type}: ${why}`));
    }
    return this.write(async (context) => {
      const changed = await conflicts(context, before);
      if (changed.length > 0) throw new HostError("changed_since", changed.slice(0, 5).join(", "));
      return applyEdits(context, edits, this.abilities);
    });
  }

  undo(journal: Journal, force = false) {
    return this.write(async (context) => {
      const changed = force ? [] : await changedSince(context, journal.after);
      if (changed.length > 0) throw new HostError("changed_since", changed.slice(0, 5).join(", "));
      await undoJournal(context, journal);
    });
  }

  async onSelection(handler: () => void) {
    const handle = await this.run(async (context) => {
      const added = context.workbook.onSelectionChanged.add(async () => handler());
      await context.sync();
      return added;
    });
    return () => this.remove(handle);
  }

  async onChange(handler: (change: HostChange) => void) {
    const handles = await this.run(async (context) => {
      const { worksheets } = context.workbook;
      const added: EventHandle[] = [
        worksheets.onChanged.add(async (event) => {
          if (
            event.triggerSource === "ThisLocalAddin" ||
            (event.triggerSource === undefined && this.writing > 0)
          )
            return;
          const sheet = await this.sheetName(event.worksheetId);
          if (sheet === null) return handler({ kind: "structure" });
          handler(changeOf(sheet, event.changeType, event.address));
        }),
        worksheets.onAdded.add(async () => this.writing === 0 && handler({ kind: "structure" })),
        worksheets.onDeleted.add(async () => this.writing === 0 && handler({ kind: "structure" })),
      ];
      if (worksheets.onCalculated) {
        added.push(
          worksheets.onCalculated.add(async (event) => {
            if (!event.address) return;
            const sheet = await this.sheetName(event.worksheetId);
            const areas = areasOf(event.address);
            if (sheet !== null && areas) handler({ kind: "recalculated", sheet, areas });
          }),
        );
      }
      await context.sync();
      return added;
    });
    return () => {
      for (const handle of handles) this.remove(handle);
    };
  }

  private remove(handle: EventHandle): void {
    // The handler is gone with the page in any case; a host that refuses to forget it changes nothing.
    this.run(async (context) => {
      handle.remove();
      await context.sync();
    }).catch(() => {});
  }

  private sheetName(id: string): Promise<string | null> {
    return this.run(async (context) => {
      const worksheet = context.workbook.worksheets.getItemOrNullObject(id);
      worksheet.load("name");
      await context.sync();
      return worksheet.isNullObject ? null : worksheet.name;
    });
  }

  private async write<T>(batch: (context: OfficeContext) => Promise<T>): Promise<T> {
    this.writing += 1;
    try {
      return await (this.abilities.undoGroups
        ? this.at.excel.run({ mergeUndoGroup: true }, batch)
        : this.at.excel.run(batch));
    } catch (error) {
      throw asHostError(error);
    } finally {
      // Events of the last sync arrive a moment after it.
      setTimeout(() => (this.writing -= 1), 50);
    }
  }

  private async run<T>(batch: (context: OfficeContext) => Promise<T>): Promise<T> {
    try {
      return await this.at.excel.run(batch);
    } catch (error) {
      throw asHostError(error);
    }
  }
}

function areasOf(address: string): Area[] | null {
  const areas = splitAreas(address).map((part) => parseArea(localAddress(part)));
  return areas.every((area) => area !== null) ? areas : null;
}

function changeOf(sheet: string, changeType: string, address: string): HostChange {
  const areas = areasOf(address);
  if (!areas) return { kind: "structure" };
  if (changeType === "RangeEdited") return { kind: "cells", sheet, areas };
  const kind = ROWS_AND_COLUMNS[changeType];
  const [area] = areas;
  if (!kind || !area || areas.length > 1) return { kind: "structure" };
  const isRows = kind.endsWith("rows");
  const [at, last] = isRows ? [area.top, area.bottom] : [area.left, area.right];
  return { kind, sheet, at, count: last - at + 1 };
}
