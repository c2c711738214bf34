/**
 * The workbook's tables. IronCalc has none: their places come with the workbook and move with inserted and
 * deleted rows and columns here.
 */

import { type Area, parseArea } from "../../host/address";
import type { OfficeTable, OfficeTables, OfficeWorksheet } from "../../host/surface";
import type { GridChange, ObservedModel } from "../model/observed";
import { notInGrid, ShimCollection, ShimObject } from "./batch";
import { Range } from "./range";
import type { Workspace } from "./workspace";

/** A table as the server tells it (`WireTable`). */
export interface TableFacts {
  readonly name: string;
  readonly sheet: string;
  readonly range: string;
  readonly columns: readonly string[];
  readonly header_rows: number;
  readonly totals_rows: number;
  readonly style: string | null;
}

export interface GridTable {
  readonly facts: TableFacts;
  readonly sheetId: number;
  readonly area: Area;
}

export class GridTables {
  private tables: GridTable[];

  constructor(observed: ObservedModel, facts: readonly TableFacts[]) {
    const sheets = observed.model.getWorksheetsProperties();
    this.tables = facts.flatMap((table) => {
      const sheet = sheets.find(({ name }) => name === table.sheet);
      const area = parseArea(table.range);
      return sheet === undefined || area === null ? [] : [{ facts: table, sheetId: sheet.sheet_id, area }];
    });
    observed.onChange((change) => this.follow(change, observed));
  }

  all(): readonly GridTable[] {
    return this.tables;
  }

  private follow(change: GridChange, observed: ObservedModel): void {
    if (change.kind === "sheet_deleted")
      this.tables = this.tables.filter((table) => table.sheetId !== change.id);
    if (change.kind !== "inserted" && change.kind !== "deleted") return;
    const sheetId = observed.model.getWorksheetsProperties()[change.sheet]?.sheet_id;
    this.tables = this.tables.flatMap((table) => {
      if (table.sheetId !== sheetId) return [table];
      const area = shifted(table.area, change);
      return area === null ? [] : [{ ...table, area }];
    });
  }
}

type Shift = Extract<GridChange, { kind: "inserted" | "deleted" }>;

/** The area after rows or columns came or went; null where all of it went. */
export function shifted(area: Area, change: Shift): Area | null {
  const [first, last] =
    change.axis === "rows" ? ([area.top, area.bottom] as const) : ([area.left, area.right] as const);
  const { at, count } = change;
  let start = first;
  let end = last;
  if (change.kind === "inserted") {
    if (at <= first) start += count;
    if (at <= last) end += count;
  } else {
    const gone = (index: number) => Math.min(Math.max(index - at, 0), count);
    start = first - gone(first);
    end = last + 1 - gone(last + 1) - 1;
    if (start > end) return null;
  }
  return change.axis === "rows" ? { ...area, top: start, bottom: end } : { ...area, left: start, right: end };
}

class Table extends ShimObject implements OfficeTable {
  constructor(
    private readonly at: Workspace,
    private readonly find: () => GridTable | null,
    private readonly mayBeNull = false,
  ) {
    super(at.batch);
    if (mayBeNull) at.batch.push(() => this.settle());
  }

  protected override isMissing(): boolean {
    return this.mayBeNull && this.find() === null;
  }

  private here(): GridTable {
    const table = this.find();
    if (table === null) throw new Error("expected a table that exists");
    return table;
  }

  protected read(property: string): unknown {
    const { facts } = this.here();
    switch (property) {
      case "id":
      case "name":
        return facts.name;
      case "style":
        return facts.style ?? "";
      case "showHeaders":
        return facts.header_rows > 0;
      case "showTotals":
        return facts.totals_rows > 0;
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
  set name(_name: string) {
    notInGrid("tables of its own");
  }
  get style(): string {
    return this.value("style");
  }
  set style(_style: string) {
    notInGrid("tables of its own");
  }
  get showHeaders(): boolean {
    return this.value("showHeaders");
  }
  set showHeaders(_shown: boolean) {
    notInGrid("tables of its own");
  }
  get showTotals(): boolean {
    return this.value("showTotals");
  }
  set showTotals(_shown: boolean) {
    notInGrid("tables of its own");
  }

  get worksheet(): OfficeWorksheet {
    return this.at.worksheetAt(() => this.at.cells.sheetById(this.here().sheetId));
  }

  get columns(): OfficeTable["columns"] {
    let names: readonly string[] | null = null;
    const { batch } = this.at;
    const find = () => this.here();
    const columns: OfficeTable["columns"] = {
      get items() {
        return (names ?? []).map((name) => ({ name }));
      },
      load: () => {
        batch.push(() => {
          names = find().facts.columns;
        });
        return columns;
      },
    };
    this.memoised ??= columns;
    return this.memoised;
  }
  private memoised: OfficeTable["columns"] | undefined;

  getRange(): Range {
    return new Range(this.at, () => {
      const table = this.find();
      return table === null ? null : { sheet: this.at.cells.sheetById(table.sheetId), area: table.area };
    });
  }

  convertToRange(): Range {
    return notInGrid("tables of its own");
  }
}

export class Tables extends ShimCollection<Table> implements OfficeTables {
  constructor(
    private readonly at: Workspace,
    private readonly sheet: (() => number) | null,
  ) {
    super(at.batch);
  }

  private ofSheet(): readonly GridTable[] {
    const all = this.at.tables.all();
    if (this.sheet === null) return all;
    const id = this.at.cells.sheetId(this.sheet());
    return all.filter((table) => table.sheetId === id);
  }

  protected list(): Table[] {
    return this.ofSheet().map(({ facts }) => new Table(this.at, () => this.named(facts.name)));
  }

  private named(name: string): GridTable | null {
    const folded = name.toLowerCase();
    return this.ofSheet().find(({ facts }) => facts.name.toLowerCase() === folded) ?? null;
  }

  add(): OfficeTable {
    return notInGrid("tables of its own");
  }

  getItemOrNullObject(name: string): OfficeTable {
    return new Table(this.at, () => this.named(name), true);
  }
}
