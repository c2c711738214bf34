/**
 * One edit as Office.js does it: what must be read first so that it can be taken back, and the writes.
 *
 * `prepare` only reads; `write` only queues, the caller syncs; `finish` reads what is known afterwards only
 * (ids that Excel gave). Covered: every kind of the Edit union that `support.ts` lets through.
 */

import type { PlannedEdit } from "../protocol/messages";
import { type Area, areaAddress, cellCount, columnLetters, height, quotedSheet, width } from "./address";
import { prepareChart } from "./charts";
import { prepareDeletion } from "./deletion";
import { queueFormat } from "./formats";
import { prepareFormulas } from "./formulas";
import { MAX_IMAGE_CELLS } from "./images";
import { areaOf, contents, localAddress, type Prepared, type StepContext, wholeCells } from "./prepare";
import { prepareRestore } from "./restore";
import { queueConditionalFormat, queueValidation, readValidation } from "./rules";
import { writeValue } from "./values";
import { capitalised, pointsOfCharacters, SUMMARIES } from "./words";

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
    case "add_chart":
      return prepareChart(edit, at);
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
            data.summarizeBy = SUMMARIES[how] ?? capitalised(how);
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
      return prepareRestore(edit, at);
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
