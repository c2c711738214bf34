/** Ranges: the part of `Excel.Range` that the host uses, over the grid's cells. */

import {
  type Area,
  areaAddress,
  cellArea,
  cellCount,
  height,
  intersection,
  MAX_COLUMNS,
  MAX_ROWS,
  parsePlace,
  placeAddress,
  width,
} from "../../host/address";
import type {
  CellInput,
  CellLook,
  ClientResult,
  OfficeConditionalFormats,
  OfficeDataValidation,
  OfficeRange,
  OfficeRangeAreas,
  OfficeWorksheet,
  ValueType,
} from "../../host/surface";
import { notInGrid, OfficeError, ShimObject } from "./batch";
import { copyRange, sortRows } from "./copying";
import { Format } from "./format";
import type { Workspace } from "./workspace";

/** A sheet's position and an area on it; null: there is no such thing. */
export interface Spot {
  readonly sheet: number;
  readonly area: Area;
}

export class Range extends ShimObject implements OfficeRange {
  readonly format: Format;
  readonly conditionalFormats: OfficeConditionalFormats;
  readonly dataValidation: OfficeDataValidation;
  readonly sort: OfficeRange["sort"];
  private spot: Spot | null = null;

  /** `find` runs once, inside `sync`, before anything else that is done to the range. */
  constructor(
    private readonly at: Workspace,
    find: () => Spot | null,
    private readonly mayBeNull = false,
  ) {
    super(at.batch);
    at.batch.push(() => {
      this.spot = find();
      if (this.spot === null && !mayBeNull)
        throw new OfficeError("ItemNotFound", "expected a range, got none");
      if (mayBeNull) this.settle();
    });
    this.format = new Format(at.batch, at.cells, () => this.here());
    this.conditionalFormats = {
      add: () => notInGrid("conditional formats"),
      getItemOrNullObject: () => notInGrid("conditional formats"),
    };
    this.dataValidation = {
      rule: {},
      errorAlert: {},
      ignoreBlanks: true,
      type: "None",
      clear: () => undefined,
      load: () => undefined,
    };
    this.sort = {
      apply: (fields, _matchCase, hasHeaders = false) =>
        this.queue(({ sheet, area }) => sortRows(at.cells, sheet, area, fields, hasHeaders)),
    };
  }

  /** Where the range is; only inside `sync`. */
  here(): Spot {
    if (this.spot === null) throw new OfficeError("InvalidReference", "expected a range that exists");
    return this.spot;
  }

  protected override isMissing(): boolean {
    return this.spot === null && this.mayBeNull;
  }

  private queue(action: (spot: Spot) => void): void {
    this.batch.push(() => action(this.here()));
  }

  get worksheet(): OfficeWorksheet {
    return this.at.worksheetAt(() => this.here().sheet);
  }

  protected read(property: string): unknown {
    const { sheet, area } = this.here();
    const { cells } = this.at;
    switch (property) {
      case "address":
        return placeAddress({ sheet: cells.sheetName(sheet), ...area });
      case "rowIndex":
        return area.top;
      case "columnIndex":
        return area.left;
      case "rowCount":
        return height(area);
      case "columnCount":
        return width(area);
      case "cellCount":
        return cellCount(area) > 2_147_483_647 ? -1 : cellCount(area);
      case "formulas":
        return cells.formulas(sheet, area);
      case "values":
        return cells.values(sheet, area);
      case "text":
        return cells.texts(sheet, area);
      case "valueTypes":
        return cells.types(sheet, area);
      case "numberFormat":
        return cells.numberFormats(sheet, area);
      case "hasSpill":
        return cells
          .matrix(
            area,
            (row, column) => cells.spillArea(sheet, row, column) ?? cells.spillParent(sheet, row, column),
          )
          .flat()
          .some((found) => found !== null);
      case "formulaArray":
        return cells.content(sheet, area.top, area.left);
      default:
        throw new OfficeError(
          "InvalidArgument",
          `expected a property that the playground knows, got ${property}`,
        );
    }
  }

  get address(): string {
    return this.value("address");
  }
  get rowIndex(): number {
    return this.value("rowIndex");
  }
  get columnIndex(): number {
    return this.value("columnIndex");
  }
  get rowCount(): number {
    return this.value("rowCount");
  }
  get columnCount(): number {
    return this.value("columnCount");
  }
  get cellCount(): number {
    return this.value("cellCount");
  }
  get hasSpill(): boolean {
    return this.value("hasSpill");
  }
  get text(): string[][] {
    return this.value("text");
  }
  get valueTypes(): ValueType[][] {
    return this.value("valueTypes");
  }
  get formulas(): CellInput[][] {
    return this.value("formulas");
  }
  set formulas(inputs: CellInput[][]) {
    this.write("formulas", inputs, (given) => this.setInputs(given));
  }
  get values(): CellInput[][] {
    return this.value("values");
  }
  set values(inputs: CellInput[][]) {
    this.write("values", inputs, (given) => this.setInputs(given));
  }
  get numberFormat(): string[][] {
    return this.value("numberFormat");
  }
  set numberFormat(formats: string[][]) {
    this.write("numberFormat", formats, (given) => {
      const { sheet, area } = this.here();
      this.at.cells.setNumberFormats(sheet, area, given);
    });
  }
  get formulaArray(): string {
    return this.value("formulaArray");
  }
  set formulaArray(formula: string) {
    this.write("formulaArray", formula, (text) => {
      const { sheet, area } = this.here();
      this.at.cells.observed.model.setUserArrayFormula(
        sheet,
        area.top + 1,
        area.left + 1,
        width(area),
        height(area),
        text,
      );
    });
  }

  private setInputs(inputs: readonly (readonly CellInput[])[]): void {
    const { sheet, area } = this.here();
    this.at.cells.setInputs(sheet, area, inputs);
  }

  select(): void {
    this.queue(({ sheet, area }) => this.at.select(sheet, area));
  }

  clear(what: "All" | "Formats" | "Contents" = "All"): void {
    this.queue(({ sheet, area }) => {
      const { model } = this.at.cells.observed;
      const place = [sheet, area.top + 1, area.left + 1, area.bottom + 1, area.right + 1] as const;
      if (what === "All") model.rangeClearAll(...place);
      else if (what === "Formats") model.rangeClearFormatting(...place);
      else model.rangeClearContents(...place);
    });
  }

  merge(): void {
    this.queue(() => notInGrid("merged cells"));
  }

  unmerge(): void {
    this.queue(() => notInGrid("merged cells"));
  }

  insert(shift: "Down" | "Right"): this {
    this.queue(({ sheet, area }) => {
      const { model } = this.at.cells.observed;
      if (shift === "Down" && width(area) === MAX_COLUMNS)
        model.insertRows(sheet, area.top + 1, height(area));
      else if (shift === "Right" && height(area) === MAX_ROWS)
        model.insertColumns(sheet, area.left + 1, width(area));
      else notInGrid("insertion of single cells");
    });
    return this;
  }

  delete(shift: "Up" | "Left"): void {
    this.queue(({ sheet, area }) => {
      const { model } = this.at.cells.observed;
      if (shift === "Up" && width(area) === MAX_COLUMNS) model.deleteRows(sheet, area.top + 1, height(area));
      else if (shift === "Left" && height(area) === MAX_ROWS)
        model.deleteColumns(sheet, area.left + 1, width(area));
      else notInGrid("deletion of single cells");
    });
  }

  autoFill(destination?: string): void {
    this.queue(({ sheet, area }) => {
      const target = destination === undefined ? null : parsePlace(destination, "");
      if (target === null)
        throw new OfficeError("InvalidArgument", `expected an address, got ${destination}`);
      const { top, left, bottom, right } = target;
      this.at.cells.fill(sheet, area, { top, left, bottom, right });
    });
  }

  copyFrom(source: OfficeRange | string, what: "All" | "Formulas" | "Values" | "Formats" = "All"): void {
    this.queue(({ sheet, area }) => {
      const from = source instanceof Range ? source.here() : this.at.find(String(source), sheet);
      if (from === null) throw new OfficeError("InvalidArgument", "expected a range to copy from");
      copyRange(this.at.cells, from, { sheet, area }, what);
    });
  }

  private part(find: (spot: Spot) => Area | null, mayBeNull = false): Range {
    return new Range(
      this.at,
      () => {
        if (this.spot === null) return null;
        const area = find(this.spot);
        return area === null ? null : { sheet: this.spot.sheet, area };
      },
      mayBeNull,
    );
  }

  getCell(row: number, column: number): Range {
    return this.part(({ area }) => cellArea(area.top + row, area.left + column));
  }

  getEntireRow(): Range {
    return this.part(({ area }) => ({ ...area, left: 0, right: MAX_COLUMNS - 1 }));
  }

  getEntireColumn(): Range {
    return this.part(({ area }) => ({ ...area, top: 0, bottom: MAX_ROWS - 1 }));
  }

  getSpillingToRangeOrNullObject(): Range {
    return this.part(({ sheet, area }) => this.at.cells.spillArea(sheet, area.top, area.left), true);
  }

  getSpillParentOrNullObject(): Range {
    return this.part(({ sheet, area }) => {
      const parent = this.at.cells.spillParent(sheet, area.top, area.left);
      return parent === null ? null : cellArea(parent.row, parent.column);
    }, true);
  }

  getMergedAreasOrNullObject(): OfficeRangeAreas {
    return new RangeAreas(this.at, () => [], true);
  }

  getIntersectionOrNullObject(other: OfficeRange | string): Range {
    return this.part(({ sheet, area }) => {
      const second = other instanceof Range ? other.here() : this.at.find(String(other), sheet);
      return second === null || second.sheet !== sheet ? null : intersection(area, second.area);
    }, true);
  }

  getCellProperties(_wanted: object): ClientResult<CellLook[][]> {
    let looks: CellLook[][] | null = null;
    this.queue(({ sheet, area }) => {
      looks = this.at.cells.looks(sheet, area);
    });
    return {
      get value(): CellLook[][] {
        if (looks === null)
          throw new OfficeError("PropertyNotLoaded", "expected sync before a result is read");
        return looks;
      },
    };
  }

  setCellProperties(looks: CellLook[][]): void {
    this.queue(({ sheet, area }) => this.at.cells.setLooks(sheet, area, looks));
  }
}

/** Several areas of one sheet; missing where there are none. */
export class RangeAreas extends ShimObject implements OfficeRangeAreas {
  readonly areas: { readonly items: Range[]; load(properties?: string | string[]): unknown };
  private spots: Spot[] = [];
  private ranges: Range[] | null = null;

  constructor(
    private readonly at: Workspace,
    find: () => Spot[],
    private readonly mayBeNull = false,
  ) {
    super(at.batch);
    at.batch.push(() => {
      this.spots = find();
      if (mayBeNull) this.settle();
    });
    const items = () => {
      if (this.ranges === null)
        throw new OfficeError("PropertyNotLoaded", "expected areas to be loaded before they are read");
      return this.ranges;
    };
    this.areas = {
      get items() {
        return items();
      },
      load: (properties) => {
        const listed = typeof properties === "string" ? properties.split(",") : (properties ?? []);
        this.batch.push(() => {
          this.ranges = this.spots.map((spot) => new Range(this.at, () => spot));
          for (const range of this.ranges)
            range.load(listed.map((path) => path.trim().replace(/^items\/?/, "")));
        });
        this.batch.push(() => this.batch.flush());
        return this.areas;
      },
    };
  }

  protected override isMissing(): boolean {
    return this.mayBeNull && this.spots.length === 0;
  }

  protected read(property: string): unknown {
    if (property !== "address") throw new OfficeError("InvalidArgument", `expected address, got ${property}`);
    return this.spots
      .map((spot) => placeAddress({ sheet: this.at.cells.sheetName(spot.sheet), ...spot.area }))
      .join(",");
  }

  get address(): string {
    return this.value("address");
  }
}

export function addressOf(area: Area): string {
  return areaAddress(area);
}
