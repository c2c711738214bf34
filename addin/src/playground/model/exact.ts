/**
 * The exact numbers behind a grid's cells.
 *
 * IronCalc for browsers gives values only as displayed text. Text of a concatenation, though, has all digits
 * (`=A1&""` is the shortest text that reads back as the same double), so a copy of the model gets a sheet more
 * whose cells concatenate what is asked for. The copy follows by IronCalc's own diffs; where sheets, rows or
 * columns move it is made anew.
 */

import { Model } from "@ironcalc/wasm";
import { cellAddress, quotedSheet } from "../../host/address";
import type { GridChange, ObservedModel } from "./observed";

const MIRROR = "⧉";

export class ExactValues {
  private copy: Model | null = null;
  private mirror = 0;
  private readonly mirrored = new Map<string, number>();
  private isBehind = false;

  constructor(private readonly observed: ObservedModel) {
    observed.onChange((change) => this.changed(change));
  }

  /** The numbers of cells (sheet, zero-based row and column), in order; NaN where a cell holds none. */
  read(cells: readonly (readonly [sheet: number, row: number, column: number])[]): number[] {
    if (cells.length === 0) return [];
    const copy = this.current();
    const names = copy.getWorksheetsProperties().map((sheet) => quotedSheet(sheet.name));
    const places = cells.map(([sheet, row, column]) => {
      const reference = `${names[sheet]}!${cellAddress(row, column)}`;
      let place = this.mirrored.get(reference);
      if (place === undefined) {
        place = this.mirrored.size + 1;
        if (place === 1 || !this.isPaused) this.pause(copy);
        copy.setUserInput(this.mirror, place, 1, `=${reference}&""`);
        this.mirrored.set(reference, place);
      }
      return place;
    });
    this.resume(copy);
    return places.map((place) => {
      const text = copy.getFormattedCellValue(this.mirror, place, 1);
      return text === "" ? Number.NaN : Number(text);
    });
  }

  private isPaused = false;

  private pause(copy: Model): void {
    copy.pauseEvaluation();
    this.isPaused = true;
  }

  private resume(copy: Model): void {
    if (!this.isPaused) return;
    copy.resumeEvaluation();
    copy.evaluate();
    this.isPaused = false;
  }

  private changed(change: GridChange): void {
    if (change.kind === "cells" || change.kind === "names") this.isBehind = true;
    else if (change.kind !== "formats" && change.kind !== "layout") this.drop();
  }

  private drop(): void {
    this.copy?.free();
    this.copy = null;
    this.mirrored.clear();
  }

  private current(): Model {
    const { model } = this.observed;
    if (this.copy === null) {
      model.flushSendQueue();
      this.copy = Model.from_bytes(model.toBytes(), "en");
      this.mirror = this.copy.getWorksheetsProperties().length;
      this.copy.newSheet();
      this.copy.renameSheet(this.mirror, MIRROR);
      this.copy.evaluate();
    } else if (this.isBehind) {
      this.copy.applyExternalDiffs(model.flushSendQueue());
    }
    this.isBehind = false;
    return this.copy;
  }
}
