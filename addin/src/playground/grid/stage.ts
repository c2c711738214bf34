/**
 * What is on the playground's stage: the open workbook, the ghosts over its cells, and who wants to know.
 *
 * It is what the host sees as `Surroundings`; the React components only draw it.
 */

import { Model } from "@ironcalc/wasm";
import { parseArea, parsePlace } from "../../host/address";
import type { Ghost, GridExtras, Surroundings } from "../../host/surface";
import type { OpenedBook } from "../books";
import { ObservedModel } from "../model/observed";
import { showSheetNames } from "../model/sheetNames";
import { GridExcel, gridOffice, UNSUPPORTED_EDITS } from "../office";
import { GridCells } from "../office/cells";
import { GridTables } from "../office/tables";

export interface Staged {
  readonly book: OpenedBook;
  readonly cells: GridCells;
  readonly model: Model;
}

export class Stage implements GridExtras {
  readonly unsupportedEdits = UNSUPPORTED_EDITS;
  staged: Staged | null = null;
  ghosts: readonly Ghost[] = [];
  private readonly excel = new GridExcel(() => this.redraw());
  private readonly tabHandlers = new Set<() => boolean>();
  private readonly escapeHandlers = new Set<() => void>();
  private readonly workbookHandlers = new Set<() => void>();
  private readonly redraws = new Set<() => void>();
  private readonly overlays = new Set<() => void>();
  private readonly remote = new Set<(revision: number, places: readonly string[]) => void>();

  surroundings(language: string): Surroundings {
    return { excel: this.excel, office: gridOffice(language), extras: this };
  }

  /** Shows a workbook; whatever was there is gone from the grid (the server keeps it). `start` is selected. */
  open(book: OpenedBook, start?: string): Staged {
    const staged = this.load(book);
    const place = start === undefined ? null : parsePlace(start);
    const sheet = place === null ? -1 : staged.cells.sheetIndex(place.sheet);
    if (place !== null && sheet >= 0) {
      staged.model.setSelectedSheet(sheet);
      staged.model.setSelectedCell(place.top + 1, place.left + 1);
    }
    for (const handler of this.workbookHandlers) handler();
    return staged;
  }

  /** The same workbook as the server has it now; selection and window stay. */
  replace(book: OpenedBook): Staged {
    const view = this.staged?.model.getSelectedView();
    const staged = this.load(book);
    if (view !== undefined && view.sheet < staged.model.getWorksheetsProperties().length) {
      staged.model.setSelectedSheet(view.sheet);
      staged.model.setSelectedCell(view.row, view.column);
      staged.model.setSelectedRange(...view.range);
      staged.model.setTopLeftVisibleCell(view.top_row, view.left_column);
    }
    return staged;
  }

  private load(book: OpenedBook): Staged {
    const model = Model.from_bytes(book.model, "en");
    showSheetNames(
      model,
      book.info.sheets.map((sheet) => sheet.name),
    );
    model.evaluate();
    const observed = new ObservedModel(model);
    const cells = new GridCells(observed);
    for (const sheet of book.info.sheets) {
      const index = cells.sheetIndex(sheet.name);
      const used = sheet.used_range === null ? null : parseArea(sheet.used_range);
      if (index >= 0 && used !== null) cells.reach(index, used.right);
    }
    for (const { sheet, row, column, formula } of book.formulas) {
      const index = cells.sheetIndex(sheet);
      if (index >= 0) cells.keepOwnText(index, row, column, formula);
    }
    for (const { sheet, row, column, style } of book.styles) {
      const index = cells.sheetIndex(sheet);
      if (index >= 0) cells.keepOwnStyle(index, row, column, style);
    }
    this.excel.attach({
      title: book.info.name,
      cells,
      tables: new GridTables(observed, book.info.tables),
      protectedSheets: new Set(
        book.info.sheets.filter((sheet) => sheet.is_protected).map((sheet) => sheet.name),
      ),
    });
    observed.onChange(() => this.overlayMoved());
    observed.onView(() => this.overlayMoved());
    this.ghosts = [];
    this.staged = { book, cells, model };
    this.redraw();
    return this.staged;
  }

  /** The component that draws the grid has to draw it again: something changed that it did not do itself. */
  onRedraw(handler: () => void): () => void {
    this.redraws.add(handler);
    return () => this.redraws.delete(handler);
  }

  /** Ghosts, or the cells that they lie over, are elsewhere now. */
  onOverlay(handler: () => void): () => void {
    this.overlays.add(handler);
    return () => this.overlays.delete(handler);
  }

  private redraw(): void {
    for (const handler of this.redraws) handler();
    this.overlayMoved();
  }

  private overlayMoved(): void {
    for (const handler of this.overlays) handler();
  }

  showGhosts(ghosts: readonly Ghost[]): void {
    this.ghosts = ghosts;
    this.overlayMoved();
  }

  clearGhosts(): void {
    if (this.ghosts.length > 0) this.showGhosts([]);
  }

  onTab(handler: () => boolean): () => void {
    this.tabHandlers.add(handler);
    return () => this.tabHandlers.delete(handler);
  }

  /** Esc in the grid while ghosts are shown; they are gone already when the handler is called. */
  onEscape(handler: () => void): () => void {
    this.escapeHandlers.add(handler);
    return () => this.escapeHandlers.delete(handler);
  }

  /** Tab or Esc in the grid; true where it was for the ghosts and not for the grid. */
  key(name: string): boolean {
    if (this.ghosts.length === 0) return false;
    if (name === "Tab") return [...this.tabHandlers].some((handler) => handler());
    if (name !== "Escape") return false;
    this.clearGhosts();
    for (const handler of this.escapeHandlers) handler();
    return true;
  }

  /** Ctrl+Home and Ctrl+End, which IronCalc does not know: the first cell, or the last that is used. */
  jump(key: "Home" | "End"): void {
    if (this.staged === null) return;
    const { model, cells } = this.staged;
    const used = key === "Home" ? null : cells.used(model.getSelectedSheet());
    model.setSelectedCell((used?.bottom ?? 0) + 1, (used?.right ?? 0) + 1);
    if (used === null) model.setTopLeftVisibleCell(1, 1);
    this.redraw();
  }

  sheetNames(): string[] {
    return this.staged?.model.getWorksheetsProperties().map((sheet) => sheet.name) ?? [];
  }

  keptWorkbook(): { readonly id: string; readonly name: string } | null {
    const info = this.staged?.book.info;
    return info === undefined ? null : { id: info.workbook_id, name: info.name };
  }

  remoteChange(revision: number, places: readonly string[]): void {
    for (const handler of this.remote) handler(revision, places);
  }

  onRemoteChange(handler: (revision: number, places: readonly string[]) => void): () => void {
    this.remote.add(handler);
    return () => this.remote.delete(handler);
  }

  onWorkbook(handler: () => void): () => void {
    this.workbookHandlers.add(handler);
    return () => this.workbookHandlers.delete(handler);
  }
}
