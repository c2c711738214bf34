/**
 * The workbook as the pane sees it: one implementation over `Excel.run`, the same against real Office.js (web,
 * Windows, Mac) and against the playground's shim. All that Excel can refuse arrives as a HostError.
 */

import type { Block, CellImage, PlannedEdit } from "../protocol/messages";
import { type Abilities, detectAbilities } from "./abilities";
import {
  type Area,
  areaAddress,
  intersection,
  parseArea,
  type SheetArea,
  sameSheet,
  splitAreas,
} from "./address";
import { applyEdits, conflicts } from "./apply";
import { asHostError, HostError } from "./errors";
import type { Journal, UndoStep } from "./journal";
import { localAddress } from "./prepare";
import { readBlock, readSelection, readShape, type Selected, type WorkbookShape } from "./read";
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
  /** The language of words and dates, such as `de-DE`. */
  readonly language: string;
  /** The language in which the sheet shows the names of functions. */
  readonly formulaLanguage: string;
  readonly abilities: Abilities;
  readonly ghosts: Pick<GridExtras, "showGhosts" | "clearGhosts" | "onTab"> | null;
  remoteChange(revision: number, places: readonly string[]): void;
  keptWorkbook(): { readonly id: string; readonly name: string } | null;
  whyUnsupported(edit: PlannedEdit): Unsupported | null;
  isDestructive(edit: PlannedEdit): boolean;
  /** Between the digits of a number in the person's region; null where the host does not tell. */
  decimalSeparator(): Promise<string | null>;
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

const EVENTS_LATE_MS = 300;

/** Cells that our own writes touch; `area` null: the sheet as a whole moves. */
interface OwnPlace {
  readonly sheet: string;
  readonly area: Area | null;
}

function ownPlaces(edit: PlannedEdit): OwnPlace[] {
  if (!("sheet" in edit) || edit.sheet === null)
    return edit.type === "add_sheet" ? [{ sheet: edit.name, area: null }] : [];
  const address = "range" in edit ? edit.range : "target" in edit ? edit.target : null;
  return [{ sheet: edit.sheet, area: address === null ? null : parseArea(address) }];
}

function ownPlacesOfStep(step: UndoStep): OwnPlace[] {
  if (step.kind === "cells") return [{ sheet: step.image.sheet, area: parseArea(step.image.address) }];
  if (step.kind === "merges") return [{ sheet: step.sheet, area: parseArea(step.address) }];
  return "sheet" in step ? [{ sheet: step.sheet, area: null }] : [];
}

function sameArea(a: Area | null, b: Area): boolean {
  return a !== null && a.top === b.top && a.left === b.left && a.bottom === b.bottom && a.right === b.right;
}

export function createHost(surroundings: Surroundings): Host {
  return new OfficeHost(surroundings);
}

class OfficeHost implements Host {
  readonly kind: "excel" | "playground";
  readonly platform: string;
  readonly language: string;
  readonly formulaLanguage: string;
  readonly abilities: Abilities;
  readonly ghosts: GridExtras | null;
  /** Own writes under way and what they touch: events that they cause are no news. */
  private readonly own = new Set<readonly OwnPlace[]>();

  constructor(private readonly at: Surroundings) {
    this.kind = at.extras ? "playground" : "excel";
    this.platform = String(at.office.context.platform ?? "");
    const { contentLanguage, displayLanguage } = at.office.context;
    this.language = displayLanguage || contentLanguage || "en-US";
    // Excel names functions in its own language; the grid does in that of its contents.
    this.formulaLanguage = at.extras ? contentLanguage : this.language;
    this.abilities = detectAbilities(at);
    this.ghosts = at.extras ?? null;
  }

  keptWorkbook() {
    return this.at.extras?.keptWorkbook() ?? null;
  }

  remoteChange(revision: number, places: readonly string[]) {
    this.at.extras?.remoteChange?.(revision, places);
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

  async decimalSeparator() {
    if (!this.abilities.culture) return null;
    return this.run(async (context) => {
      const format = context.workbook.application?.cultureInfo.numberFormat;
      format?.load("numberDecimalSeparator");
      await context.sync();
      return format?.numberDecimalSeparator ?? null;
    });
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
    return this.write(edits.flatMap(ownPlaces), async (context) => {
      const changed = await conflicts(context, before);
      if (changed.length > 0) throw new HostError("changed_since", changed.slice(0, 5).join(", "));
      return applyEdits(context, edits, this.abilities);
    });
  }

  undo(journal: Journal, force = false) {
    return this.write(journal.steps.flatMap(ownPlacesOfStep), async (context) => {
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
          const sheet = await this.sheetName(event.worksheetId);
          if (sheet === null) return handler({ kind: "structure" });
          const change = changeOf(sheet, event.changeType, event.address);
          if (!this.isOwn(sheet, change)) handler(change);
        }),
        worksheets.onAdded.add(async () => this.own.size === 0 && handler({ kind: "structure" })),
        worksheets.onDeleted.add(async () => this.own.size === 0 && handler({ kind: "structure" })),
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
    handle.remove();
    // The handler is gone with the page in any case; a host that refuses to forget it changes nothing.
    handle.context?.sync().catch(() => {});
  }

  private sheetName(id: string): Promise<string | null> {
    return this.run(async (context) => {
      const worksheet = context.workbook.worksheets.getItemOrNullObject(id);
      worksheet.load("name");
      await context.sync();
      return worksheet.isNullObject ? null : worksheet.name;
    });
  }

  /** Whether a change is one that we are making: inside what a plan touches, and not filled further by Excel. */
  private isOwn(sheet: string, change: HostChange): boolean {
    for (const places of this.own) {
      const here = places.filter((place) => sameSheet(place.sheet, sheet));
      if (here.some((place) => place.area === null)) return true;
      if (change.kind !== "cells" && change.kind !== "recalculated") continue;
      const isInside = (area: Area) =>
        here.some(({ area: own }) => own !== null && sameArea(intersection(own, area), area));
      if (here.length > 0 && change.areas.every(isInside)) return true;
    }
    return false;
  }

  private async write<T>(
    places: readonly OwnPlace[],
    batch: (context: OfficeContext) => Promise<T>,
  ): Promise<T> {
    this.own.add(places);
    try {
      return await (this.abilities.undoGroups
        ? this.at.excel.run({ mergeUndoGroup: true }, batch)
        : this.at.excel.run(batch));
    } catch (error) {
      throw asHostError(error);
    } finally {
      // Events of the last sync arrive a moment after it.
      setTimeout(() => this.own.delete(places), EVENTS_LATE_MS);
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
