// biome-ignore-all lint/suspicious/noAssignInExpressions: accessors of one line
// biome-ignore-all lint/complexity/noCommaOperator: a proxy's set has to answer true

/** `Excel.Range` over a sheet in memory. */

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
import type { CellInput, CellLook } from "../surface";
import type { FakeExcel } from "./excel";
import { proxied, type Queue, Refusal } from "./proxy";
import { blank, cellsOf, type FakeCell, type FakeSheet, PLAIN_LOOK } from "./sheet";

export function rangeObject(
  book: FakeExcel,
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
    if (book.failNext) {
      const { code, message } = book.failNext;
      book.failNext = null;
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
        set: (formula: string) => each((cell) => Object.assign(cell, { formula, value: 0, type: "Double" })),
      },
    },
    {
      select: () => queue.push(() => void (book.selected = address())),
      getCell: (row: number, column: number) =>
        rangeObject(book, queue, at, () => ({
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
          const sheet = book.sheet(from.sheet);
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
      fakeAddress: address,
      format: format(queue, at, area, each, one),
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
              colorScale: recorder(queue, rule.rule),
              dataBar: {
                positiveFormat: recorder(queue, rule.rule),
                set lowerBoundRule(value: object) {
                  queue.push(() => void (rule.rule.lower = value));
                },
                set upperBoundRule(value: object) {
                  queue.push(() => void (rule.rule.upper = value));
                },
              },
              iconSet: recorder(queue, rule.rule),
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
      dataValidation: validation(queue, at, area),
      getSpillingToRangeOrNullObject: () => {
        const spill = () => at().spillOf(cellAddress(area().top, area().left));
        return rangeObject(
          book,
          queue,
          at,
          () => spill() ?? area(),
          () => spill() === null,
        );
      },
      getSpillParentOrNullObject: () =>
        rangeObject(
          book,
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
                  get: () =>
                    merged().map((place) => rangeObject(book, queue, at, () => parseArea(place) as Area)),
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

function format(
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
              each((cell) => void (cell.look.borders[side] = { ...cell.look.borders[side], [name]: value })),
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

function validation(queue: Queue, at: () => FakeSheet, area: () => Area): object {
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

function recorder(queue: Queue, into: Record<string, unknown>): object {
  return new Proxy(
    {},
    { set: (_target, name, value) => (queue.push(() => void (into[String(name)] = value)), true) },
  );
}

function meets(a: Area, b: Area): boolean {
  return a.top <= b.bottom && b.top <= a.bottom && a.left <= b.right && b.left <= a.right;
}
