// biome-ignore-all lint/suspicious/noAssignInExpressions: accessors of one line
// biome-ignore-all lint/complexity/noCommaOperator: a proxy's set has to answer true
// biome-ignore-all lint/complexity/noUselessThisAlias: accessors of an object literal need the book
/**
 * An Excel in memory for tests of the host: what the playground's grid has no place for (merges, tables,
 * spills, protection, looks, validations, rules), with Excel's manners: nothing happens before `sync`,
 * nothing may be read that was not loaded, text is read as a number or a formula where Excel would, an array
 * spills only over blank cells. It does not calculate: `=SPILL(rows,columns)` is the one function it knows.
 *
 * `trips` counts the syncs that had something to do, which is what a round trip costs.
 */

import {
  type Area,
  areaAddress,
  cellAddress,
  height,
  parseArea,
  parsePlace,
  quotedSheet,
  width,
} from "../address";
import type {
  CellInput,
  CellLook,
  ExcelApi,
  OfficeApi,
  OfficeContext,
  SheetChanged,
  Surroundings,
  ValueType,
} from "../surface";
import { isErrorText } from "../values";

export interface FakeCell {
  formula: string | null;
  value: CellInput;
  type: ValueType;
  format: string;
  look: Required<NonNullable<CellLook["format"]>>;
  locked: boolean;
  spillOf: string | null;
}

export const PLAIN_LOOK = (): FakeCell["look"] => ({
  font: {
    bold: false,
    italic: false,
    underline: "None",
    size: 11,
    color: "#000000",
    name: "Calibri",
    strikethrough: false,
  },
  fill: { color: "#FFFFFF", pattern: "None" },
  borders: {
    top: { style: "None", weight: "Thin", color: "#000000" },
    bottom: { style: "None", weight: "Thin", color: "#000000" },
    left: { style: "None", weight: "Thin", color: "#000000" },
    right: { style: "None", weight: "Thin", color: "#000000" },
  },
  horizontalAlignment: "General",
  verticalAlignment: "Bottom",
  wrapText: false,
  textOrientation: 0,
  indentLevel: 0,
});

const blank = (): FakeCell => ({
  formula: null,
  value: "",
  type: "Empty",
  format: "General",
  look: PLAIN_LOOK(),
  locked: true,
  spillOf: null,
});

export class FakeSheet {
  readonly cells = new Map<string, FakeCell>();
  readonly merges = new Set<string>();
  readonly rules: { address: string; id: string; kind: string; rule: object }[] = [];
  readonly validations = new Map<string, { rule: object; errorAlert: object; ignoreBlanks: boolean }>();
  readonly widths = new Map<number, number>();
  readonly charts: { name: string; type: string; anchor: string; title: string }[] = [];
  tables: { name: string; address: string; style: string; columns: string[] }[] = [];
  filter: { address: string; criteria: object[] } | null = null;
  frozen: string | null = null;
  isProtected = false;
  visibility = "Visible";

  constructor(
    readonly id: string,
    public name: string,
  ) {}

  cell(row: number, column: number): FakeCell {
    const key = cellAddress(row, column);
    const known = this.cells.get(key);
    if (known) return known;
    const made = blank();
    this.cells.set(key, made);
    return made;
  }

  /** What typing or writing `input` into a cell does. */
  enter(row: number, column: number, input: CellInput): void {
    const cell = this.cell(row, column);
    if (cell.spillOf !== null && input !== "") this.unspill(cell.spillOf, "#SPILL!");
    const own = cellAddress(row, column);
    this.unspill(own);
    Object.assign(cell, { formula: null, spillOf: null }, readInput(input, cell.format));
    const spill = /^=SPILL\((\d+),(\d+)\)$/.exec(cell.formula ?? "");
    if (!spill) return;
    const area = {
      top: row,
      left: column,
      bottom: row + Number(spill[1]) - 1,
      right: column + Number(spill[2]) - 1,
    };
    const others = cellsOf(area).filter(([r, c]) => r !== row || c !== column);
    if (others.some(([r, c]) => this.cell(r, c).type !== "Empty")) {
      Object.assign(cell, { value: "#SPILL!", type: "Error" });
      return;
    }
    for (const [index, [r, c]] of cellsOf(area).entries()) {
      Object.assign(this.cell(r, c), { value: index + 1, type: "Double" });
      if (r !== row || c !== column) this.cell(r, c).spillOf = own;
    }
  }

  private unspill(anchor: string, left: CellInput = ""): void {
    for (const cell of this.cells.values()) {
      if (cell.spillOf === anchor) Object.assign(cell, { value: "", type: "Empty", spillOf: null });
    }
    const cell = this.cells.get(anchor);
    if (left !== "" && cell) Object.assign(cell, { value: left, type: "Error" });
  }

  spillOf(anchor: string): Area | null {
    const covered = [...this.cells]
      .filter(([, { spillOf }]) => spillOf === anchor)
      .map(([key]) => parseArea(key) as Area);
    const own = parseArea(anchor) as Area;
    return covered.length === 0 ? null : bounding([own, ...covered]);
  }

  used(valuesOnly: boolean): Area | null {
    const areas = [...this.cells]
      .filter(([, cell]) => cell.type !== "Empty" || (!valuesOnly && isFormatted(cell)))
      .map(([key]) => parseArea(key) as Area);
    return areas.length === 0 ? null : bounding(areas);
  }
}

function isFormatted(cell: FakeCell): boolean {
  return cell.format !== "General" || JSON.stringify(cell.look) !== JSON.stringify(PLAIN_LOOK());
}

function bounding(areas: readonly Area[]): Area {
  return areas.reduce((box, area) => ({
    top: Math.min(box.top, area.top),
    left: Math.min(box.left, area.left),
    bottom: Math.max(box.bottom, area.bottom),
    right: Math.max(box.right, area.right),
  }));
}

function cellsOf(area: Area): [row: number, column: number][] {
  const all: [number, number][] = [];
  for (let row = area.top; row <= area.bottom; row++)
    for (let column = area.left; column <= area.right; column++) all.push([row, column]);
  return all;
}

/** As Excel reads what is entered: apostrophe, formula, number, date, truth value, error, text. */
function readInput(input: CellInput, format: string): Pick<FakeCell, "formula" | "value" | "type"> {
  if (input === "" || input === null) return { formula: null, value: "", type: "Empty" };
  if (typeof input === "number") return { formula: null, value: input, type: "Double" };
  if (typeof input === "boolean") return { formula: null, value: input, type: "Boolean" };
  if (format === "@") return { formula: null, value: input.replace(/^'/, ""), type: "String" };
  if (input.startsWith("'")) return { formula: null, value: input.slice(1), type: "String" };
  if (input.startsWith("=")) return { formula: input, value: 0, type: "Double" };
  if (isErrorText(input)) return { formula: null, value: input, type: "Error" };
  if (/^(true|false)$/i.test(input))
    return { formula: null, value: input.toLowerCase() === "true", type: "Boolean" };
  const number = Number(input.replace(/%$/, ""));
  if (input.trim() !== "" && !Number.isNaN(number)) return { formula: null, value: number, type: "Double" };
  if (/^\d{1,2}[-/]\d{1,2}([-/]\d+)?$/.test(input)) return { formula: null, value: 45000, type: "Double" };
  return { formula: null, value: input, type: "String" };
}

class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The queue of one `Excel.run`. */
class Queue {
  private actions: (() => void)[] = [];
  constructor(private readonly book: FakeExcel) {}

  push(action: () => void): void {
    this.actions.push(action);
  }

  async flush(): Promise<void> {
    await Promise.resolve();
    const { actions } = this;
    this.actions = [];
    if (actions.length > 0) this.book.trips += 1;
    for (const action of actions) action();
  }
}

/**
 * An object of Office.js round plain accessors: reads see what `load` took at the last sync, writes wait for the
 * next one. `shape` lists what may be loaded; what it does not list is a method or another object.
 */
function proxied(
  queue: Queue,
  shape: Record<string, { get: () => unknown; set?: (value: never) => void }>,
  rest: object,
  isNull: () => boolean = () => false,
): object {
  const loaded = new Map<string, unknown>();
  let nullness: boolean | null = null;
  const target = {
    ...rest,
    load(properties?: string | string[]) {
      const names = (typeof properties === "string" ? properties.split(",") : (properties ?? [])).map(
        (name) => name.trim(),
      );
      queue.push(() => {
        nullness = isNull();
        if (nullness) return;
        const fresh = new Map<string, unknown>();
        for (const name of names) {
          const [head = "", ...path] = name.split("/");
          const accessor = shape[head];
          if (!accessor) throw new Refusal("InvalidArgument", `no property ${name}`);
          const value = fresh.has(head) ? fresh.get(head) : accessor.get();
          fresh.set(head, value);
          if (path.length > 0)
            for (const item of value as { preload(name: string): void }[]) item.preload(path.join("/"));
          loaded.set(head, value);
        }
      });
      return undefined;
    },
    preload(name: string) {
      loaded.set(name, shape[name]?.get());
    },
  };
  return new Proxy(target, {
    get(object, name) {
      if (name === "isNullObject") {
        if (nullness === null) throw new Refusal("PropertyNotLoaded", "isNullObject before sync");
        return nullness;
      }
      if (typeof name === "string" && name in shape) {
        if (!loaded.has(name)) throw new Refusal("PropertyNotLoaded", name);
        return loaded.get(name);
      }
      return Reflect.get(object, name);
    },
    set(_object, name, value) {
      const accessor = typeof name === "string" ? shape[name] : undefined;
      if (!accessor?.set) throw new Refusal("InvalidArgument", `cannot set ${String(name)}`);
      queue.push(() => accessor.set?.(value as never));
      return true;
    },
  });
}

export class FakeExcel implements ExcelApi {
  readonly sheets: FakeSheet[] = [];
  readonly names = new Map<string, string>();
  selected = "";
  /** Of the person's region. */
  decimal = ".";
  trips = 0;
  /** Options of the last `run` that had any. */
  lastOptions: object | null = null;
  /** Thrown at the next sync that writes to this sheet. */
  failNext: { code: string; message: string } | null = null;
  readonly handlers = {
    changed: new Set<(event: SheetChanged) => Promise<unknown>>(),
    selection: new Set<(event: object) => Promise<unknown>>(),
  };
  private nextId = 1;

  constructor(sheets: Record<string, Record<string, CellInput>>) {
    for (const [name, cells] of Object.entries(sheets)) {
      const sheet = this.addSheet(name);
      for (const [address, input] of Object.entries(cells)) {
        const area = parseArea(address) as Area;
        sheet.enter(area.top, area.left, input);
      }
    }
    this.selected = `${quotedSheet(this.sheets[0]?.name ?? "Sheet1")}!A1`;
  }

  addSheet(name: string): FakeSheet {
    const sheet = new FakeSheet(`{${this.nextId++}}`, name);
    this.sheets.push(sheet);
    return sheet;
  }

  sheet(name: string): FakeSheet {
    const found = this.sheets.find(
      (sheet) => sheet.name.toLowerCase() === name.toLowerCase() || sheet.id === name,
    );
    if (!found) throw new Refusal("ItemNotFound", name);
    return found;
  }

  /** Everything, for comparison: two equal images are two equal workbooks. */
  image(): unknown {
    return this.sheets.map((sheet) => ({
      name: sheet.name,
      cells: [...sheet.cells]
        .filter(([, cell]) => cell.type !== "Empty" || isFormatted(cell))
        .sort(([a], [b]) => a.localeCompare(b)),
      merges: [...sheet.merges].sort(),
      tables: sheet.tables,
      rules: sheet.rules,
      validations: [...sheet.validations],
      widths: [...sheet.widths],
      filter: sheet.filter,
      frozen: sheet.frozen,
      charts: sheet.charts,
      names: [...this.names],
    }));
  }

  async run<T>(first: unknown, second?: (context: OfficeContext) => Promise<T>): Promise<T> {
    if (second) this.lastOptions = first as object;
    const action = second ?? (first as (context: OfficeContext) => Promise<T>);
    const queue = new Queue(this);
    const context = { workbook: this.workbook(queue), sync: () => queue.flush() } as unknown as OfficeContext;
    const result = await action(context);
    await queue.flush();
    return result;
  }

  private workbook(queue: Queue): object {
    const event = (handlers: Set<(event: never) => Promise<unknown>>) => ({
      add(handler: (event: never) => Promise<unknown>) {
        queue.push(() => handlers.add(handler));
        return {
          remove: () => queue.push(() => handlers.delete(handler)),
          context: { sync: () => queue.flush() },
        };
      },
    });
    const none = event(new Set());
    return proxied(
      queue,
      { name: { get: () => "Test.xlsx" } },
      {
        worksheets: proxied(
          queue,
          { items: { get: () => this.sheets.map((sheet) => this.worksheet(queue, () => sheet)) } },
          {
            getItem: (name: string) => this.worksheet(queue, () => this.sheet(name)),
            getItemOrNullObject: (name: string) =>
              this.worksheet(
                queue,
                () => this.sheet(name),
                () => !this.sheets.some((sheet) => sheet.name === name || sheet.id === name),
              ),
            add: (name: string) => {
              queue.push(() => this.addSheet(name));
              return this.worksheet(queue, () => this.sheet(name));
            },
            onChanged: event(this.handlers.changed as Set<(event: never) => Promise<unknown>>),
            onAdded: none,
            onDeleted: none,
          },
        ),
        tables: this.tableCollection(queue, () => this.sheets),
        names: this.nameCollection(queue),
        application: {
          cultureInfo: {
            numberFormat: proxied(queue, { numberDecimalSeparator: { get: () => this.decimal } }, {}),
          },
        },
        onSelectionChanged: event(this.handlers.selection as Set<(event: never) => Promise<unknown>>),
        getActiveCell: () => {
          const place = () =>
            parsePlace(this.selected.split(",")[0] ?? "") ?? {
              sheet: "",
              top: 0,
              left: 0,
              bottom: 0,
              right: 0,
            };
          return this.range(
            queue,
            () => this.sheet(place().sheet),
            () => ({ ...place(), bottom: place().top, right: place().left }),
          );
        },
        getSelectedRanges: () => proxied(queue, { address: { get: () => this.selected } }, {}),
      },
    );
  }

  private nameCollection(queue: Queue): object {
    const item = (name: string) =>
      proxied(
        queue,
        {
          name: { get: () => name },
          formula: {
            get: () => this.names.get(name),
            set: (formula: string) => this.names.set(name, formula),
          },
          visible: { get: () => true },
        },
        { delete: () => queue.push(() => this.names.delete(name)) },
        () => !this.names.has(name),
      );
    return proxied(
      queue,
      { items: { get: () => [...this.names.keys()].map(item) } },
      {
        add: (name: string, formula: string) => queue.push(() => this.names.set(name, formula)),
        getItemOrNullObject: item,
      },
    );
  }

  private tableCollection(queue: Queue, sheets: () => FakeSheet[]): object {
    const find = (name: string) =>
      sheets()
        .flatMap((sheet) => sheet.tables.map((table) => ({ sheet, table })))
        .find(({ table }) => table.name === name);
    const item = (name: () => string) => {
      const at = () => {
        const found = find(name());
        if (!found) throw new Refusal("ItemNotFound", name());
        return found;
      };
      return proxied(
        queue,
        {
          name: { get: () => at().table.name, set: (value: string) => void (at().table.name = value) },
          style: { get: () => at().table.style, set: (value: string) => void (at().table.style = value) },
          showHeaders: { get: () => true },
          showTotals: { get: () => false },
        },
        {
          worksheet: proxied(queue, { name: { get: () => at().sheet.name } }, {}),
          columns: proxied(
            queue,
            {
              items: {
                get: () =>
                  at().table.columns.map((column) => proxied(queue, { name: { get: () => column } }, {})),
              },
            },
            {},
          ),
          getRange: () =>
            this.range(
              queue,
              () => at().sheet,
              () => parseArea(at().table.address) as Area,
            ),
          convertToRange: () =>
            queue.push(
              () => void (at().sheet.tables = at().sheet.tables.filter((table) => table.name !== name())),
            ),
        },
        () => !find(name()),
      );
    };
    return proxied(
      queue,
      {
        items: {
          get: () => sheets().flatMap((sheet) => sheet.tables.map((table) => item(() => table.name))),
        },
      },
      {
        getItemOrNullObject: (name: string) => item(() => name),
        add: (address: string) => {
          const made = { name: "Table1", address, style: "TableStyleMedium2", columns: [] as string[] };
          queue.push(() => {
            const [sheet] = sheets();
            const area = parseArea(address) as Area;
            // Headers of a table are text, as Excel makes them.
            for (let column = area.left; column <= area.right; column++) {
              const cell = (sheet as FakeSheet).cell(area.top, column);
              const header = String(cell.value || `Column${column - area.left + 1}`);
              Object.assign(cell, { value: header, type: "String", formula: null });
              made.columns.push(header);
            }
            sheet?.tables.push(made);
          });
          return item(() => made.name);
        },
      },
    );
  }

  private worksheet(queue: Queue, at: () => FakeSheet, isNull: () => boolean = () => false): object {
    const write = (action: () => void) => queue.push(action);
    return proxied(
      queue,
      {
        id: { get: () => at().id },
        name: { get: () => at().name, set: (name: string) => void (at().name = name) },
        position: {
          get: () => this.sheets.indexOf(at()),
          set: (to: number) => this.sheets.splice(to, 0, ...this.sheets.splice(this.sheets.indexOf(at()), 1)),
        },
        visibility: { get: () => at().visibility },
      },
      {
        protection: proxied(queue, { protected: { get: () => !isNull() && at().isProtected } }, {}),
        tables: this.tableCollection(queue, () => [at()]),
        names: proxied(queue, { items: { get: () => [] } }, {}),
        getRange: (address: string) => this.range(queue, at, () => parseArea(address) as Area),
        getUsedRangeOrNullObject: (valuesOnly = false) =>
          this.range(
            queue,
            at,
            () => at().used(valuesOnly) ?? { top: 0, left: 0, bottom: 0, right: 0 },
            () => at().used(valuesOnly) === null,
          ),
        activate: () => {},
        delete: () => write(() => this.sheets.splice(this.sheets.indexOf(at()), 1)),
        freezePanes: {
          freezeAt: (address: string) => write(() => void (at().frozen = address)),
          unfreeze: () => write(() => void (at().frozen = null)),
          getLocationOrNullObject: () =>
            proxied(
              queue,
              { address: { get: () => `${quotedSheet(at().name)}!${at().frozen}` } },
              {},
              () => at().frozen === null,
            ),
        },
        autoFilter: proxied(
          queue,
          {
            enabled: { get: () => at().filter !== null },
            criteria: { get: () => at().filter?.criteria ?? [] },
          },
          {
            apply: (address: string, column?: number, criteria?: object) =>
              write(() => {
                const filter =
                  at().filter?.address === address
                    ? (at().filter as { address: string; criteria: object[] })
                    : { address, criteria: [] };
                if (column !== undefined && criteria) filter.criteria[column] = criteria;
                at().filter = filter;
              }),
            remove: () => write(() => void (at().filter = null)),
            getRangeOrNullObject: () =>
              proxied(
                queue,
                { address: { get: () => `${quotedSheet(at().name)}!${at().filter?.address}` } },
                {},
                () => at().filter === null,
              ),
          },
        ),
        charts: {
          add: (type: string) => {
            const chart = { name: `Chart ${at().charts.length + 1}`, type, anchor: "", title: "" };
            write(() => at().charts.push(chart));
            return this.chart(queue, at, chart);
          },
          getItemOrNullObject: (name: string) =>
            this.chart(queue, at, at().charts.find((chart) => chart.name === name) ?? null),
        },
      },
      isNull,
    );
  }

  private chart(queue: Queue, at: () => FakeSheet, chart: FakeSheet["charts"][number] | null): object {
    return proxied(
      queue,
      { name: { get: () => chart?.name } },
      {
        title: proxied(
          queue,
          { text: { get: () => chart?.title, set: (text: string) => chart && void (chart.title = text) } },
          {},
        ),
        setPosition: (anchor: string) => queue.push(() => chart && void (chart.anchor = anchor)),
        delete: () => queue.push(() => chart && at().charts.splice(at().charts.indexOf(chart), 1)),
      },
      () => chart === null || !at().charts.includes(chart),
    );
  }

  private range(
    queue: Queue,
    at: () => FakeSheet,
    area: () => Area,
    isNull: () => boolean = () => false,
  ): object {
    const grid = <T>(read: (cell: FakeCell) => T): T[][] => {
      const { top, bottom, left, right } = area();
      const rows: T[][] = [];
      for (let row = top; row <= bottom; row++) {
        const cells: T[] = [];
        // Reading leaves no trace: a cell that is not there reads as blank.
        for (let column = left; column <= right; column++)
          cells.push(read(at().cells.get(cellAddress(row, column)) ?? blank()));
        rows.push(cells);
      }
      return rows;
    };
    const each = (change: (cell: FakeCell, row: number, column: number) => void) => {
      for (const [row, column] of cellsOf(area())) change(at().cell(row, column), row, column);
    };
    const checked = (matrix: unknown): CellInput[][] => {
      const rows = matrix as CellInput[][];
      if (rows.length !== height(area()) || rows.some((row) => row.length !== width(area()))) {
        throw new Refusal(
          "InvalidArgument",
          "The number of rows or columns does not match the size of the range.",
        );
      }
      if (this.failNext) {
        const { code, message } = this.failNext;
        this.failNext = null;
        throw new Refusal(code, message);
      }
      return rows;
    };
    const enter = (matrix: unknown) => {
      const rows = checked(matrix);
      const { top, left } = area();
      for (const [r, row] of rows.entries())
        for (const [c, input] of row.entries()) if (input !== null) at().enter(top + r, left + c, input);
    };
    const formulaOf = (cell: FakeCell) => cell.formula ?? cell.value;
    const merged = () => [...at().merges].filter((address) => meets(parseArea(address) as Area, area()));
    const address = () => `${quotedSheet(at().name)}!${areaAddress(area())}`;
    const one = () => at().cells.get(cellAddress(area().top, area().left)) ?? blank();
    return proxied(
      queue,
      {
        address: { get: address },
        rowIndex: { get: () => area().top },
        columnIndex: { get: () => area().left },
        rowCount: { get: () => height(area()) },
        columnCount: { get: () => width(area()) },
        formulas: { get: () => grid(formulaOf), set: enter },
        values: { get: () => grid((cell) => cell.value), set: enter },
        valueTypes: { get: () => grid((cell) => cell.type) },
        text: { get: () => grid((cell) => String(cell.value)) },
        numberFormat: {
          get: () => grid((cell) => cell.format),
          set: (matrix: unknown) => {
            const rows = checked(matrix);
            const { top, left } = area();
            each((cell, row, column) => void (cell.format = String(rows[row - top]?.[column - left])));
          },
        },
        hasSpill: {
          get: () => {
            const flags = grid((cell) => cell.spillOf !== null || /^=SPILL/.test(cell.formula ?? "")).flat();
            return flags.every(Boolean) ? true : flags.some(Boolean) ? null : false;
          },
        },
        formulaArray: {
          get: () => one().formula,
          set: (formula: string) =>
            each((cell) => Object.assign(cell, { formula, value: 0, type: "Double" })),
        },
      },
      {
        select: () => queue.push(() => void (this.selected = address())),
        getCell: (row: number, column: number) =>
          this.range(queue, at, () => ({
            top: area().top + row,
            bottom: area().top + row,
            left: area().left + column,
            right: area().left + column,
          })),
        clear: () =>
          queue.push(() =>
            each((cell, row, column) => {
              if (cell.spillOf === null) at().enter(row, column, "");
            }),
          ),
        merge: () =>
          queue.push(() => {
            each((cell, row, column) => {
              if (row !== area().top || column !== area().left)
                Object.assign(cell, { value: "", type: "Empty", formula: null });
            });
            at().merges.add(areaAddress(area()));
          }),
        unmerge: () => queue.push(() => merged().forEach((place) => void at().merges.delete(place))),
        autoFill: (target: string) =>
          queue.push(() => {
            const to = parseArea(target) as Area;
            const from = one();
            for (const [row, column] of cellsOf(to))
              Object.assign(at().cell(row, column), { ...from, look: structuredClone(from.look) });
          }),
        copyFrom: (source: string, what: string) =>
          queue.push(() => {
            const from = parsePlace(source) as Area & { sheet: string };
            const sheet = this.sheet(from.sheet);
            each((cell, row, column) => {
              const origin = sheet.cell(
                from.top + ((row - area().top) % height(from)),
                from.left + ((column - area().left) % width(from)),
              );
              if (what !== "Formats")
                Object.assign(cell, { formula: origin.formula, value: origin.value, type: origin.type });
              if (what === "All" || what === "Formats")
                Object.assign(cell, { format: origin.format, look: structuredClone(origin.look) });
            });
          }),
        sort: {
          apply: (fields: { key: number; ascending?: boolean }[], _case: boolean, hasHeaders: boolean) =>
            queue.push(() => {
              const { top, bottom, left, right } = area();
              const first = hasHeaders ? top + 1 : top;
              const rows = [];
              for (let row = first; row <= bottom; row++)
                rows.push(
                  Array.from({ length: right - left + 1 }, (_, c) => ({ ...at().cell(row, left + c) })),
                );
              const [field] = fields;
              const key = field?.key ?? 0;
              rows.sort(
                (a, b) =>
                  (Number(a[key]?.value) - Number(b[key]?.value)) * (field?.ascending === false ? -1 : 1),
              );
              for (const [r, row] of rows.entries())
                for (const [c, cell] of row.entries()) at().cells.set(cellAddress(first + r, left + c), cell);
            }),
        },
        format: this.format(queue, at, area, each, one),
        conditionalFormats: {
          add: (kind: string) => {
            const rule = { address: areaAddress(area()), id: "", kind, rule: {} as Record<string, unknown> };
            queue.push(() => {
              rule.id = `rule-${at().rules.length + 1}`;
              at().rules.push(rule);
            });
            const part = () => ({
              ...({ rule: recorder(queue, rule.rule) } as object),
              format: { font: recorder(queue, rule.rule), fill: recorder(queue, rule.rule) },
            });
            const settable = (name: string) => ({
              ...part(),
              set rule(value: object) {
                queue.push(() => void (rule.rule[name] = value));
              },
            });
            return proxied(
              queue,
              { id: { get: () => rule.id } },
              {
                custom: part(),
                cellValue: settable("cellValue"),
                textComparison: settable("textComparison"),
                topBottom: settable("topBottom"),
                preset: settable("preset"),
              },
            );
          },
          getItemOrNullObject: (id: string) =>
            proxied(
              queue,
              { id: { get: () => id } },
              {
                delete: () =>
                  queue.push(
                    () =>
                      void at().rules.splice(
                        at().rules.findIndex((rule) => rule.id === id),
                        1,
                      ),
                  ),
              },
              () => !at().rules.some((rule) => rule.id === id),
            ),
        },
        dataValidation: this.validation(queue, at, area),
        getSpillingToRangeOrNullObject: () => {
          const spill = () => at().spillOf(cellAddress(area().top, area().left));
          return this.range(
            queue,
            at,
            () => spill() ?? area(),
            () => spill() === null,
          );
        },
        getSpillParentOrNullObject: () =>
          this.range(
            queue,
            at,
            () => (one().spillOf ? (parseArea(one().spillOf as string) as Area) : area()),
            () => one().spillOf === null,
          ),
        getMergedAreasOrNullObject: () =>
          proxied(
            queue,
            { address: { get: () => merged().join(",") } },
            {
              areas: proxied(
                queue,
                {
                  items: {
                    get: () => merged().map((place) => this.range(queue, at, () => parseArea(place) as Area)),
                  },
                },
                {},
              ),
            },
            () => merged().length === 0,
          ),
        getCellProperties: () => {
          const result: { value: CellLook[][] } = { value: [] };
          queue.push(() => void (result.value = grid((cell) => ({ format: structuredClone(cell.look) }))));
          return result;
        },
        setCellProperties: (looks: CellLook[][]) =>
          queue.push(() => {
            const { top, left } = area();
            each((cell, row, column) => {
              const look = looks[row - top]?.[column - left]?.format ?? {};
              const { font, fill, borders, ...plain } = look;
              Object.assign(cell.look, plain);
              if (font) Object.assign(cell.look.font, font);
              if (fill) Object.assign(cell.look.fill, { pattern: "Solid" }, fill);
              for (const side of ["top", "bottom", "left", "right"] as const) {
                const border = borders?.[side];
                if (border)
                  cell.look.borders[side] =
                    border.style === "None" ? PLAIN_LOOK().borders[side] : { ...border };
              }
            });
          }),
      },
      isNull,
    );
  }

  private format(
    queue: Queue,
    at: () => FakeSheet,
    area: () => Area,
    each: (change: (cell: FakeCell) => void) => void,
    one: () => FakeCell,
  ): object {
    const look = <K extends keyof FakeCell["look"]>(name: K) => ({
      get: () => one().look[name],
      set: (value: never) => each((cell) => void (cell.look[name] = value)),
    });
    const font = (name: keyof FakeCell["look"]["font"]) => ({
      get: () => one().look.font[name],
      set: (value: never) => each((cell) => void (cell.look.font[name] = value)),
    });
    const columns = () => Array.from({ length: width(area()) }, (_, index) => area().left + index);
    const SIDES: Record<string, "top" | "bottom" | "left" | "right"> = {
      EdgeTop: "top",
      EdgeBottom: "bottom",
      EdgeLeft: "left",
      EdgeRight: "right",
    };
    return proxied(
      queue,
      {
        horizontalAlignment: look("horizontalAlignment"),
        verticalAlignment: look("verticalAlignment"),
        wrapText: look("wrapText"),
        textOrientation: look("textOrientation"),
        columnWidth: {
          get: () => at().widths.get(area().left) ?? 48,
          set: (points: number) => columns().forEach((column) => void at().widths.set(column, points)),
        },
        useStandardWidth: {
          get: () => !at().widths.has(area().left),
          set: (isStandard: boolean) =>
            isStandard && columns().forEach((column) => void at().widths.delete(column)),
        },
      },
      {
        protection: proxied(
          queue,
          {
            locked: {
              get: () => {
                const flags = cellsOf(area()).map(([row, column]) => at().cell(row, column).locked);
                return flags.every(Boolean) ? true : flags.some(Boolean) ? null : false;
              },
            },
          },
          {},
        ),
        font: proxied(
          queue,
          {
            bold: font("bold"),
            italic: font("italic"),
            underline: font("underline"),
            size: font("size"),
            color: font("color"),
            name: font("name"),
          },
          {},
        ),
        fill: proxied(
          queue,
          {
            color: {
              get: () => one().look.fill.color,
              set: (color: string) => each((cell) => void (cell.look.fill = { color, pattern: "Solid" })),
            },
          },
          { clear: () => queue.push(() => each((cell) => void (cell.look.fill = PLAIN_LOOK().fill))) },
        ),
        borders: {
          getItem: (index: string) => {
            const side = SIDES[index];
            const border = (name: "style" | "weight" | "color") => ({
              get: () => (side ? one().look.borders[side]?.[name] : ""),
              set: (value: string) =>
                side &&
                each(
                  (cell) => void (cell.look.borders[side] = { ...cell.look.borders[side], [name]: value }),
                ),
            });
            return proxied(
              queue,
              { style: border("style"), weight: border("weight"), color: border("color") },
              {},
            );
          },
        },
      },
    );
  }

  private validation(queue: Queue, at: () => FakeSheet, area: () => Area): object {
    const key = () => areaAddress(area());
    const known = () => at().validations.get(key());
    const set = (name: "rule" | "errorAlert" | "ignoreBlanks") => (value: never) =>
      at().validations.set(key(), {
        rule: {},
        errorAlert: {},
        ignoreBlanks: true,
        ...known(),
        [name]: value,
      });
    return proxied(
      queue,
      {
        type: { get: () => (known() ? "List" : "None") },
        rule: { get: () => known()?.rule ?? {}, set: set("rule") },
        errorAlert: { get: () => known()?.errorAlert ?? {}, set: set("errorAlert") },
        ignoreBlanks: { get: () => known()?.ignoreBlanks ?? true, set: set("ignoreBlanks") },
      },
      { clear: () => queue.push(() => void at().validations.delete(key())) },
    );
  }
}

function recorder(queue: Queue, into: Record<string, unknown>): object {
  return new Proxy(
    {},
    { set: (_target, name, value) => (queue.push(() => void (into[String(name)] = value)), true) },
  );
}

function meets(a: Area, b: Area): boolean {
  return a.top <= b.bottom && b.top <= a.bottom && a.left <= b.right && b.left <= a.right;
}

/** The surroundings of a current Excel on Windows, or of an older one with sets up to `1.minor`. */
export function surroundings(excel: ExcelApi, minor = 21, language = "en-US"): Surroundings {
  const office: OfficeApi = {
    context: {
      contentLanguage: language,
      displayLanguage: language,
      platform: "PC",
      requirements: {
        isSetSupported: (set, version = "1.1") => {
          const wanted = Number(version.split(".")[1]);
          return set === "ExcelApi" ? wanted <= minor : minor >= 21;
        },
      },
    },
  };
  return { excel, office };
}
