/**
 * The events of Office.js out of the grid's changes.
 *
 * They come one turn of the event loop after what caused them, neighbouring edits joined; `triggerSource` tells
 * the add-in's own writes as Excel does. Handlers stay when another workbook is opened.
 */

import { type Area, areaAddress, columnLetters } from "../../host/address";
import type { EventHandle, EventSource, SheetChanged } from "../../host/surface";
import type { GridChange } from "../model/observed";
import type { GridCells } from "./cells";

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

export class Events {
  readonly changed = new Source<SheetChanged>();
  readonly added = new Source<{ readonly worksheetId: string }>();
  readonly deleted = new Source<{ readonly worksheetId: string }>();
  readonly selected = new Source<object>();
  /** True while the add-in's own queue runs. */
  isOwn = false;
  private cells: GridCells | null = null;
  private leave: (() => void)[] = [];
  private pending: (() => void)[] = [];
  private lastView = "";
  private lastEdit: { id: string; area: Area; source: string | undefined } | null = null;

  /** From now on events tell of this workbook. */
  attach(cells: GridCells): void {
    for (const leave of this.leave) leave();
    this.cells = cells;
    this.pending = [];
    this.lastEdit = null;
    this.lastView = "";
    this.leave = [
      cells.observed.onChange((change) => this.noticed(cells, change)),
      cells.observed.onView(() => this.later(() => this.viewed(cells))),
    ];
  }

  private later(action: () => void): void {
    this.pending.push(action);
    if (this.pending.length > 1) return;
    const of = this.cells;
    setTimeout(() => {
      const actions = this.pending;
      this.pending = [];
      if (of !== this.cells) return;
      for (const run of actions) run();
    }, 0);
  }

  private noticed(cells: GridCells, change: GridChange): void {
    const source = this.isOwn ? "ThisLocalAddin" : undefined;
    switch (change.kind) {
      case "cells":
        this.edited(String(cells.sheetId(change.sheet)), change.area, source);
        return;
      case "formats": {
        // Excel has an event of its own for formats. Here it is told as an edit, so that what a person sets
        // with the grid's toolbar goes with the cells to the server, and from there into the saved file.
        const area = this.isOwn ? null : cells.clip(change.sheet, change.area);
        if (area !== null) this.edited(String(cells.sheetId(change.sheet)), area, source);
        return;
      }
      case "inserted":
      case "deleted": {
        const id = String(cells.sheetId(change.sheet));
        const last = change.at + change.count - 1;
        const isRows = change.axis === "rows";
        const address = isRows
          ? `${change.at + 1}:${last + 1}`
          : `${columnLetters(change.at)}:${columnLetters(last)}`;
        const type = `${isRows ? "Row" : "Column"}${change.kind === "inserted" ? "Inserted" : "Deleted"}`;
        this.lastEdit = null;
        this.later(() => this.tell(id, address, type, source));
        return;
      }
      case "moved": {
        const area = cells.used(change.sheet);
        const id = String(cells.sheetId(change.sheet));
        if (area !== null) this.later(() => this.tell(id, areaAddress(area), "RangeEdited", source));
        return;
      }
      case "sheet_added":
        this.later(() => this.added.fire({ worksheetId: String(change.id) }));
        return;
      case "sheet_deleted":
        this.later(() => this.deleted.fire({ worksheetId: String(change.id) }));
        return;
      default:
        // Names and layout have no event in the part of Office.js that the host listens to.
        return;
    }
  }

  private edited(id: string, area: Area, source: string | undefined): void {
    const last = this.lastEdit;
    if (last !== null && last.id === id && last.source === source) {
      const joined = adjoining(last.area, area);
      if (joined !== null) {
        last.area = joined;
        return;
      }
    }
    const edit = { id, area, source };
    this.lastEdit = edit;
    this.later(() => {
      if (this.lastEdit === edit) this.lastEdit = null;
      this.tell(id, areaAddress(edit.area), "RangeEdited", source);
    });
  }

  private tell(
    worksheetId: string,
    address: string,
    changeType: string,
    triggerSource: string | undefined,
  ): void {
    const event = { worksheetId, address, changeType, source: "Local" };
    this.changed.fire(triggerSource === undefined ? event : { ...event, triggerSource });
  }

  private viewed(cells: GridCells): void {
    const { sheet, row, column, range } = cells.observed.model.getSelectedView();
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
