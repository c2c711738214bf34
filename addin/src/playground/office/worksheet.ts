/** Worksheets: the part of `Excel.Worksheet` that the host uses. */

import { type Area, MAX_COLUMNS, MAX_ROWS } from "../../host/address";
import type { OfficeNames, OfficeRange, OfficeTables, OfficeWorksheet } from "../../host/surface";
import { wholeSheet } from "../model/observed";
import { notInGrid, OfficeError, ShimObject } from "./batch";
import { Names } from "./names";
import { Range } from "./range";
import { Tables } from "./tables";
import type { Workspace } from "./workspace";

export class Worksheet extends ShimObject implements OfficeWorksheet {
  readonly tables: OfficeTables;
  readonly names: OfficeNames;
  readonly charts: OfficeWorksheet["charts"] = {
    add: () => notInGrid("charts"),
    getItemOrNullObject: () => notInGrid("charts"),
  };
  readonly pivotTables: OfficeWorksheet["pivotTables"] = {
    add: () => notInGrid("pivot tables"),
    getItemOrNullObject: () => notInGrid("pivot tables"),
  };
  readonly autoFilter: OfficeWorksheet["autoFilter"];
  readonly freezePanes: OfficeWorksheet["freezePanes"];
  readonly protection: OfficeWorksheet["protection"];

  /** `find` gives the sheet's position, -1 where it does not exist; it runs inside `sync` only. */
  constructor(
    private readonly at: Workspace,
    private readonly find: () => number,
    private readonly mayBeNull = false,
  ) {
    super(at.batch);
    if (mayBeNull) at.batch.push(() => this.settle());
    this.tables = new Tables(at, () => this.here());
    this.names = new Names(at, () => this.here());
    this.autoFilter = {
      enabled: false,
      criteria: [],
      apply: () => notInGrid("filters"),
      remove: () => undefined,
      getRangeOrNullObject: () => new Range(at, () => null, true),
      load: () => undefined,
    };
    this.freezePanes = {
      freezeAt: (area) => this.freeze(area),
      unfreeze: () => this.queue((sheet) => this.setFrozen(sheet, 0, 0)),
      getLocationOrNullObject: () => new Range(at, () => this.frozen(), true),
    };
    const isProtected = () => at.protectedSheets.has(at.cells.sheetName(this.here()));
    this.protection = new Protection(at, isProtected);
  }

  here(): number {
    const sheet = this.find();
    if (sheet < 0) throw new OfficeError("ItemNotFound", "expected a sheet that exists");
    return sheet;
  }

  protected override isMissing(): boolean {
    if (this.find() >= 0) return false;
    if (this.mayBeNull) return true;
    throw new OfficeError("ItemNotFound", "expected a sheet that exists");
  }

  private queue(action: (sheet: number) => void): void {
    this.batch.push(() => action(this.here()));
  }

  private get model() {
    return this.at.cells.observed.model;
  }

  protected read(property: string): unknown {
    const sheet = this.here();
    const facts = this.model.getWorksheetsProperties()[sheet];
    switch (property) {
      case "id":
        return String(facts?.sheet_id);
      case "name":
        return facts?.name;
      case "position":
        return sheet;
      case "visibility":
        return facts?.state === "visible"
          ? "Visible"
          : facts?.state === "veryHidden"
            ? "VeryHidden"
            : "Hidden";
      default:
        return undefined;
    }
  }

  get id(): string {
    return this.value("id");
  }
  get name(): string {
    return this.value("name");
  }
  set name(name: string) {
    this.write("name", name, (to) => this.model.renameSheet(this.here(), to));
  }
  get position(): number {
    return this.value("position");
  }
  set position(position: number) {
    this.write("position", position, (to) => this.model.moveSheet(this.here(), to));
  }
  get visibility(): string {
    return this.value("visibility");
  }
  set visibility(visibility: string) {
    this.write("visibility", visibility, (to) => {
      if (to === "Visible") this.model.unhideSheet(this.here());
      else this.model.hideSheet(this.here());
    });
  }

  activate(): void {
    this.queue((sheet) => this.model.setSelectedSheet(sheet));
  }

  delete(): void {
    this.queue((sheet) => this.model.deleteSheet(sheet));
  }

  getRange(address?: string): Range {
    return new Range(this.at, () => {
      const sheet = this.here();
      return address === undefined ? { sheet, area: wholeSheet() } : this.at.find(address, sheet);
    });
  }

  getUsedRangeOrNullObject(): Range {
    return new Range(
      this.at,
      () => {
        const sheet = this.find();
        const area = sheet < 0 ? null : this.at.cells.used(sheet);
        return area === null ? null : { sheet, area };
      },
      true,
    );
  }

  private frozen(): { sheet: number; area: Area } | null {
    const sheet = this.here();
    const rows = this.model.getFrozenRowsCount(sheet);
    const columns = this.model.getFrozenColumnsCount(sheet);
    if (rows === 0 && columns === 0) return null;
    return {
      sheet,
      area: {
        top: 0,
        left: 0,
        bottom: rows === 0 ? MAX_ROWS - 1 : rows - 1,
        right: columns === 0 ? MAX_COLUMNS - 1 : columns - 1,
      },
    };
  }

  private freeze(area: OfficeRange | string): void {
    this.queue((sheet) => {
      const spot = area instanceof Range ? area.here() : this.at.find(String(area), sheet);
      if (spot === null) throw new OfficeError("InvalidArgument", "expected an area to freeze");
      const { bottom, right } = spot.area;
      this.setFrozen(
        sheet,
        bottom === MAX_ROWS - 1 ? 0 : bottom + 1,
        right === MAX_COLUMNS - 1 ? 0 : right + 1,
      );
    });
  }

  private setFrozen(sheet: number, rows: number, columns: number): void {
    this.model.setFrozenRowsCount(sheet, rows);
    this.model.setFrozenColumnsCount(sheet, columns);
  }
}

class Protection extends ShimObject {
  constructor(
    at: Workspace,
    private readonly isProtected: () => boolean,
  ) {
    super(at.batch);
  }

  protected read(): boolean {
    return this.isProtected();
  }

  get protected(): boolean {
    return this.value("protected");
  }
}
