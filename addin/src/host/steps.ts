/**
 * One edit as Office.js does it: what must be read first so that it can be taken back, and the writes.
 *
 * `prepare` only reads; `write` only queues, the caller syncs; `finish` reads what is known afterwards only
 * (ids that Excel gave). Covered: every kind of the Edit union that `support.ts` lets through.
 */

import type { PlannedEdit, SetAlignment, SetBorders, SetFont, SetFormulas } from "../protocol/messages";
import type { Abilities } from "./abilities";
import {
  type Area,
  areaAddress,
  cellCount,
  columnLetters,
  height,
  parseArea,
  quotedSheet,
  width,
} from "./address";
import { prepareDeletion } from "./deletion";
import { HostError } from "./errors";
import { type CellsImage, MAX_IMAGE_CELLS, readImages } from "./images";
import type { Loss, UndoStep } from "./journal";
import { queueConditionalFormat, queueValidation, readValidation } from "./rules";
import type { BorderIndex, OfficeContext, OfficeWorksheet } from "./surface";
import { writeValue } from "./values";
import { alignmentWord, CHART_TYPES, lineWords, pointsOfCharacters, underlineWord } from "./words";

export interface Prepared {
  readonly undo: readonly UndoStep[];
  readonly losses?: readonly Loss[];
  write(): void;
  finish?(): Promise<readonly UndoStep[]>;
}

export interface StepContext {
  readonly context: OfficeContext;
  readonly abilities: Abilities;
}

export function areaOf(address: string): Area {
  const area = parseArea(address);
  if (!area) throw new HostError("bad_address", address);
  return area;
}

const cellsUndo = (images: readonly CellsImage[]): UndoStep[] =>
  images.map((image) => ({ kind: "cells", image }));

export async function prepare(edit: PlannedEdit, at: StepContext): Promise<Prepared> {
  const { context } = at;
  const worksheets = context.workbook.worksheets;
  switch (edit.type) {
    case "set_formulas":
      return prepareFormulas(edit, at);
    case "set_values": {
      const range = worksheets.getItem(edit.sheet).getRange(edit.range);
      const undo = await contents(at, edit.sheet, areaOf(edit.range));
      return {
        undo,
        write: () => {
          range.formulas = edit.values.map((row) => row.map(writeValue));
        },
      };
    }
    case "fill": {
      const undo = await wholeCells(at, edit.sheet, areaOf(edit.target));
      return {
        undo,
        write: () =>
          worksheets.getItem(edit.sheet).getRange(edit.source).autoFill(edit.target, "FillDefault"),
      };
    }
    case "copy_range": {
      const source = areaOf(edit.source);
      const first = areaOf(edit.target);
      const target =
        cellCount(first) > 1
          ? first
          : { ...first, bottom: first.top + height(source) - 1, right: first.left + width(source) - 1 };
      const undo = await wholeCells(at, edit.sheet, target);
      const what = ({ all: "All", formulas: "Formulas", values: "Values", formats: "Formats" } as const)[
        edit.what
      ];
      return {
        undo,
        write: () => {
          const from = `${quotedSheet(edit.source_sheet)}!${edit.source}`;
          worksheets.getItem(edit.sheet).getRange(areaAddress(target)).copyFrom(from, what);
        },
      };
    }
    case "set_number_format": {
      const area = areaOf(edit.range);
      const undo = await contents(at, edit.sheet, area);
      return {
        undo,
        write: () => {
          // Excel takes one value for a whole range, which is all that fits for entire columns.
          const isHuge = cellCount(area) > MAX_IMAGE_CELLS;
          const matrix = isHuge
            ? (edit.format as unknown as string[][])
            : Array.from({ length: height(area) }, () => Array<string>(width(area)).fill(edit.format));
          worksheets.getItem(edit.sheet).getRange(edit.range).numberFormat = matrix;
        },
      };
    }
    case "set_font":
    case "set_fill":
    case "set_alignment":
    case "set_borders": {
      const worksheet = worksheets.getItem(edit.sheet);
      const undo = await wholeCells(at, edit.sheet, areaOf(edit.range), false);
      return { undo, write: () => queueFormat(worksheet, edit) };
    }
    case "merge":
    case "unmerge": {
      const range = worksheets.getItem(edit.sheet).getRange(edit.range);
      const undo = await wholeCells(at, edit.sheet, areaOf(edit.range));
      return { undo, write: () => (edit.type === "merge" ? range.merge(false) : range.unmerge()) };
    }
    case "insert_rows":
    case "insert_columns":
    case "delete_rows":
    case "delete_columns": {
      const isRows = edit.type.endsWith("rows");
      const address = isRows
        ? `${edit.at + 1}:${edit.at + edit.count}`
        : `${columnLetters(edit.at)}:${columnLetters(edit.at + edit.count - 1)}`;
      const range = worksheets.getItem(edit.sheet).getRange(address);
      if (edit.type === "insert_rows" || edit.type === "insert_columns") {
        const kind = isRows ? "remove_rows" : "remove_columns";
        return {
          undo: [{ kind, sheet: edit.sheet, address }],
          write: () => void range.insert(isRows ? "Down" : "Right"),
        };
      }
      const { undo, losses } = await prepareDeletion(at, edit.sheet, areaOf(address), isRows);
      return { undo, losses, write: () => range.delete(isRows ? "Up" : "Left") };
    }
    case "set_column_width":
      return prepareWidth(edit.sheet, edit.left, edit.right, edit.width, at);
    case "sort": {
      const area = areaOf(edit.range);
      const undo = await wholeCells(at, edit.sheet, area);
      const fields = edit.keys.map((key) => ({ key: key.column - area.left, ascending: !key.descending }));
      return {
        undo,
        write: () =>
          worksheets.getItem(edit.sheet).getRange(edit.range).sort.apply(fields, false, edit.has_header),
      };
    }
    case "filter": {
      const { autoFilter } = worksheets.getItem(edit.sheet);
      autoFilter.load(["enabled", "criteria"]);
      const old = autoFilter.getRangeOrNullObject();
      old.load("address");
      await context.sync();
      const filter = old.isNullObject
        ? null
        : { address: localAddress(old.address), criteria: [...autoFilter.criteria] };
      return {
        undo: [{ kind: "filter", sheet: edit.sheet, filter }],
        write: () => {
          if (edit.column === null) autoFilter.apply(edit.range);
          else
            autoFilter.apply(edit.range, edit.column - areaOf(edit.range).left, {
              filterOn: "Values",
              values: [...edit.values],
            });
        },
      };
    }
    case "add_table": {
      const undo = await wholeCells(at, edit.sheet, areaOf(edit.range));
      return {
        undo: [...undo, { kind: "table", name: edit.name }],
        write: () => {
          const table = worksheets.getItem(edit.sheet).tables.add(edit.range, true);
          table.name = edit.name;
          if (edit.style !== null) table.style = edit.style;
        },
      };
    }
    case "add_conditional_format": {
      const added = edit.rule.ranges.map((address) => ({
        address,
        format: null as ReturnType<typeof queueConditionalFormat> | null,
      }));
      return {
        undo: [],
        write: () => {
          for (const item of added)
            item.format = queueConditionalFormat(worksheets.getItem(edit.sheet), item.address, edit.rule);
        },
        finish: async () => {
          for (const { format } of added) format?.load("id");
          await context.sync();
          const rules = added.flatMap(({ address, format }): [string, string][] =>
            format ? [[address, format.id]] : [],
          );
          return [{ kind: "conditional_formats", sheet: edit.sheet, rules }];
        },
      };
    }
    case "add_data_validation": {
      const { undo, losses } = await readValidation(context, edit.sheet, edit.validation.ranges);
      return {
        undo,
        losses,
        write: () => {
          for (const address of edit.validation.ranges) {
            queueValidation(worksheets.getItem(edit.sheet).getRange(address), edit.validation);
          }
        },
      };
    }
    case "add_chart": {
      let chart: ReturnType<OfficeWorksheet["charts"]["add"]> | null = null;
      return {
        undo: [],
        write: () => {
          const worksheet = worksheets.getItem(edit.sheet);
          chart = worksheet.charts.add(CHART_TYPES[edit.chart_type], worksheet.getRange(edit.source));
          chart.setPosition(edit.anchor);
          if (edit.title !== null) chart.title.text = edit.title;
        },
        finish: async () => {
          chart?.load("name");
          await context.sync();
          return chart ? [{ kind: "chart", sheet: edit.sheet, name: chart.name }] : [];
        },
      };
    }
    case "add_pivot": {
      const name = `Cellwright ${edit.anchor}`;
      return {
        undo: [{ kind: "pivot", sheet: edit.sheet, name }],
        write: () => {
          const source = `${quotedSheet(edit.source_sheet)}!${edit.source}`;
          const destination = `${quotedSheet(edit.sheet)}!${edit.anchor}`;
          const pivot = worksheets.getItem(edit.sheet).pivotTables.add(name, source, destination);
          for (const field of edit.rows) pivot.rowHierarchies.add(pivot.hierarchies.getItem(field));
          for (const field of edit.columns) pivot.columnHierarchies.add(pivot.hierarchies.getItem(field));
          for (const [field, how] of edit.values) {
            const data = pivot.dataHierarchies.add(pivot.hierarchies.getItem(field));
            data.summarizeBy = how.charAt(0).toUpperCase() + how.slice(1);
          }
        },
      };
    }
    case "define_name": {
      const names = edit.scope === null ? context.workbook.names : worksheets.getItem(edit.scope).names;
      const old = names.getItemOrNullObject(edit.name);
      old.load("formula");
      await context.sync();
      const before = old.isNullObject ? null : String(old.formula);
      return {
        undo: [{ kind: "name", name: edit.name, scope: edit.scope, formula: before }],
        write: () => {
          if (before === null) names.add(edit.name, edit.formula);
          else old.formula = edit.formula;
        },
      };
    }
    case "add_sheet":
      return {
        undo: [{ kind: "remove_sheet", sheet: edit.name }],
        write: () => {
          const worksheet = worksheets.add(edit.name);
          if (edit.at !== null) worksheet.position = edit.at;
        },
      };
    case "rename_sheet":
      return {
        undo: [{ kind: "rename_sheet", sheet: edit.name, name: edit.sheet }],
        write: () => {
          worksheets.getItem(edit.sheet).name = edit.name;
        },
      };
    case "freeze_panes": {
      const { freezePanes } = worksheets.getItem(edit.sheet);
      const old = freezePanes.getLocationOrNullObject();
      old.load("address");
      await context.sync();
      return {
        undo: [
          { kind: "freeze", sheet: edit.sheet, frozen: old.isNullObject ? null : localAddress(old.address) },
        ],
        write: () => {
          const frozen = edit.cell === null ? null : frozenAbove(areaOf(edit.cell));
          if (frozen === null) freezePanes.unfreeze();
          else freezePanes.freezeAt(frozen);
        },
      };
    }
    case "restore":
      throw new HostError("unsupported_edit", edit.type);
  }
  return edit satisfies never;
}

/** The area that is frozen where `cell` is the first that scrolls; null where nothing is. */
export function frozenAbove(cell: Area): string | null {
  if (cell.top > 0 && cell.left > 0)
    return areaAddress({ top: 0, left: 0, bottom: cell.top - 1, right: cell.left - 1 });
  if (cell.top > 0) return `1:${cell.top}`;
  return cell.left > 0 ? `A:${columnLetters(cell.left - 1)}` : null;
}

/** An address without its sheet. */
export function localAddress(address: string): string {
  return address.slice(address.lastIndexOf("!") + 1).replaceAll("$", "");
}

/** Contents and number formats; writing text or dates makes Excel choose a number format of its own. */
async function contents(at: StepContext, sheet: string, area: Area): Promise<UndoStep[]> {
  return cellsUndo(await readImages(at.context, sheet, area, at.abilities, false));
}

/** Contents, looks and (unless they cannot change) merges. */
async function wholeCells(
  at: StepContext,
  sheet: string,
  area: Area,
  withMerges = true,
): Promise<UndoStep[]> {
  const images = await readImages(at.context, sheet, area, at.abilities, true);
  const undo = cellsUndo(images);
  if (!withMerges || !at.abilities.merges) return undo;
  const address = areaAddress(area);
  const merged = at.context.workbook.worksheets.getItem(sheet).getRange(address).getMergedAreasOrNullObject();
  merged.areas.load("items/address");
  merged.load("address");
  await at.context.sync();
  const places = merged.isNullObject ? [] : merged.areas.items.map((item) => localAddress(item.address));
  // The journal is worked off from its end: cells are split first, then filled, then merged again.
  return [
    { kind: "merges", sheet, address, merged: places },
    ...undo,
    { kind: "merges", sheet, address, merged: [] },
  ];
}

async function prepareFormulas(edit: SetFormulas, at: StepContext): Promise<Prepared> {
  const worksheet = at.context.workbook.worksheets.getItem(edit.sheet);
  const range = worksheet.getRange(edit.range);
  const area = areaOf(edit.range);
  const image = await readImages(
    at.context,
    edit.sheet,
    await withTableColumns(at, worksheet, area),
    at.abilities,
    false,
  );
  return {
    undo: cellsUndo(image),
    write: () => {
      // A cell formatted as text would take a formula for text.
      queueGeneral(worksheet, area, image);
      const master = edit.formulas[0]?.[0];
      if (edit.array && cellCount(area) > 1 && master) range.formulaArray = master;
      else range.formulas = edit.formulas.map((row) => [...row]);
    },
  };
}

/** A formula written into a table may fill its whole column by itself, so that the whole column is remembered. */
async function withTableColumns(at: StepContext, worksheet: OfficeWorksheet, area: Area): Promise<Area> {
  worksheet.tables.load("items/name");
  await at.context.sync();
  const ranges = worksheet.tables.items.map((table) => table.getRange());
  for (const range of ranges) range.load("address");
  if (ranges.length > 0) await at.context.sync();
  for (const range of ranges) {
    const table = parseArea(localAddress(range.address));
    if (
      !table ||
      area.top > table.bottom + 1 ||
      area.bottom < table.top ||
      area.left > table.right ||
      area.right < table.left
    )
      continue;
    return { ...area, top: Math.min(area.top, table.top), bottom: Math.max(area.bottom, table.bottom) };
  }
  return area;
}

function queueGeneral(worksheet: OfficeWorksheet, area: Area, images: readonly CellsImage[]): void {
  for (const image of images) {
    const origin = areaOf(image.address);
    for (const [r, row] of image.numberFormats.entries()) {
      for (const [c, format] of row.entries()) {
        const [y, x] = [origin.top + r, origin.left + c];
        const isInside = y >= area.top && y <= area.bottom && x >= area.left && x <= area.right;
        if (format === "@" && isInside)
          worksheet.getRange(areaAddress({ top: y, bottom: y, left: x, right: x })).numberFormat = [
            ["General"],
          ];
      }
    }
  }
}

async function prepareWidth(
  sheet: string,
  left: number,
  right: number,
  characters: number | null,
  at: StepContext,
): Promise<Prepared> {
  const worksheet = at.context.workbook.worksheets.getItem(sheet);
  const columns = Array.from({ length: right - left + 1 }, (_, index) => {
    const letters = columnLetters(left + index);
    const { format } = worksheet.getRange(`${letters}:${letters}`);
    format.load(["columnWidth", "useStandardWidth"]);
    return format;
  });
  await at.context.sync();
  const points = columns.map((format) => (format.useStandardWidth === true ? null : format.columnWidth));
  return {
    undo: [{ kind: "widths", sheet, left, points }],
    write: () => {
      for (const format of columns) {
        if (characters === null) format.useStandardWidth = true;
        else format.columnWidth = pointsOfCharacters(characters);
      }
    },
  };
}

const SIDES: Record<SetBorders["side"], readonly BorderIndex[]> = {
  left: ["EdgeLeft"],
  right: ["EdgeRight"],
  top: ["EdgeTop"],
  bottom: ["EdgeBottom"],
  outside: ["EdgeLeft", "EdgeRight", "EdgeTop", "EdgeBottom"],
  all: ["EdgeLeft", "EdgeRight", "EdgeTop", "EdgeBottom", "InsideVertical", "InsideHorizontal"],
  inside_horizontal: ["InsideHorizontal"],
  inside_vertical: ["InsideVertical"],
};

type FormatEdit = Extract<PlannedEdit, { type: "set_font" | "set_fill" | "set_alignment" | "set_borders" }>;

function queueFormat(worksheet: OfficeWorksheet, edit: FormatEdit): void {
  const { format } = worksheet.getRange(edit.range);
  switch (edit.type) {
    case "set_font":
      queueFont(format.font, edit);
      return;
    case "set_fill":
      if (edit.color === null) format.fill.clear();
      else format.fill.color = edit.color;
      return;
    case "set_alignment":
      queueAlignment(format, edit);
      return;
    case "set_borders": {
      const area = areaOf(edit.range);
      for (const index of SIDES[edit.side]) {
        if (
          (index === "InsideVertical" && width(area) === 1) ||
          (index === "InsideHorizontal" && height(area) === 1)
        )
          continue;
        const border = format.borders.getItem(index);
        const line = edit.style === null ? null : lineWords(edit.style);
        border.style = line ? line[1] : "None";
        if (line) border.weight = line[0];
        if (line && edit.color !== null) border.color = edit.color;
      }
    }
  }
}

function queueFont(font: ReturnType<OfficeWorksheet["getRange"]>["format"]["font"], edit: SetFont): void {
  if (edit.bold !== null) font.bold = edit.bold;
  if (edit.italic !== null) font.italic = edit.italic;
  if (edit.underline !== null) font.underline = underlineWord(edit.underline);
  if (edit.size !== null) font.size = edit.size;
  if (edit.color !== null) font.color = edit.color;
  if (edit.name !== null) font.name = edit.name;
}

function queueAlignment(format: ReturnType<OfficeWorksheet["getRange"]>["format"], edit: SetAlignment): void {
  if (edit.horizontal !== null) format.horizontalAlignment = alignmentWord(edit.horizontal);
  if (edit.vertical !== null) format.verticalAlignment = alignmentWord(edit.vertical);
  if (edit.wrap !== null) format.wrapText = edit.wrap;
  if (edit.orientation !== null) format.textOrientation = edit.orientation;
}
