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

import { type Area, parseArea, parsePlace, quotedSheet } from "../address";
import type { CellInput, ExcelApi, OfficeApi, OfficeContext, SheetChanged, Surroundings } from "../surface";
import { chartObject, newChart } from "./chart";
import { proxied, Queue, Refusal } from "./proxy";
import { rangeObject } from "./range";
import { FakeSheet, isFormatted } from "./sheet";

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
    const queue = new Queue(() => {
      this.trips += 1;
    });
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
          return rangeObject(
            this,
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
            rangeObject(
              this,
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
        getRange: (address: string) => rangeObject(this, queue, at, () => parseArea(address) as Area),
        getUsedRangeOrNullObject: (valuesOnly = false) =>
          rangeObject(
            this,
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
          add: (type: string, source: object, by = "Auto") => {
            const chart = newChart(`Chart ${at().charts.length + 1}`, type, source, by);
            write(() => at().charts.push(chart));
            return chartObject(queue, () => at().charts, chart);
          },
          getItemOrNullObject: (name: string) =>
            chartObject(queue, () => at().charts, at().charts.find((chart) => chart.name === name) ?? null),
        },
      },
      isNull,
    );
  }
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
