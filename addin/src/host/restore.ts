/**
 * The server's `restore`: cells put back from its journal, for an undo whose before-images this pane does not
 * have (another pane accepted the suggestion). Looks come back only where the server has the file itself (in
 * the playground): of Excel's cells it knows only some, and what it does not know must not be overwritten.
 */

import type { Restore, RestoredCell } from "../protocol/messages";
import type { Prepared, StepContext } from "./prepare";
import type { CellLook, OfficeRange } from "./surface";
import { writeValue } from "./values";
import { alignmentWord, lineWords, underlineWord } from "./words";

/** Facts of a sheet, and sheets themselves, come back only by the host's own journal. */
export function canRestore(edit: Restore): boolean {
  return edit.sheet !== null && !edit.removes_sheet && Object.keys(edit.facts).length === 0;
}

export function prepareRestore(edit: Restore, at: StepContext): Prepared {
  return {
    // Taking back is not itself taken back.
    undo: [],
    write: () => {
      const worksheet = at.context.workbook.worksheets.getItem(edit.sheet ?? "");
      // Masters last: an array spills only over cells that are blank by then.
      const cells = [...edit.cells].sort((a, b) => Number(a.array !== null) - Number(b.array !== null));
      for (const cell of cells) queueCell(worksheet.getRange(cell.cell), cell, edit, at.abilities.ghosts);
    },
  };
}

function queueCell(range: OfficeRange, cell: RestoredCell, edit: Restore, withLook: boolean): void {
  const style = (cell.style === null ? {} : (edit.styles[cell.style] ?? {})) as StoredStyle;
  range.numberFormat = [[style.number_format ?? "General"]];
  range.formulas = [[cell.formula ?? writeValue(cell.value)]];
  if (!withLook) return;
  range.setCellProperties([[lookOf(style)]]);
  if (!style.fill) range.format.fill.clear();
}

/** A style as the undo journal writes it: what is not there is the default. */
interface StoredStyle {
  readonly number_format?: string;
  readonly fill?: string | null;
  readonly font?: {
    name?: string;
    size?: number;
    bold?: boolean;
    italic?: boolean;
    underline?: string | null;
    color?: string | null;
  };
  readonly alignment?: {
    horizontal?: string | null;
    vertical?: string | null;
    wrap?: boolean;
    rotation?: number;
  };
  readonly borders?: Partial<
    Record<"top" | "bottom" | "left" | "right", { style: string; color?: string | null } | null>
  >;
}

function lookOf({ font = {}, fill, alignment = {}, borders = {} }: StoredStyle): CellLook {
  const sides: NonNullable<NonNullable<CellLook["format"]>["borders"]> = {};
  for (const side of ["top", "bottom", "left", "right"] as const) {
    const line = borders[side];
    const words = line ? lineWords(line.style) : null;
    sides[side] = words
      ? { weight: words[0], style: words[1], color: line?.color ?? "#000000" }
      : { style: "None" };
  }
  return {
    format: {
      font: {
        name: font.name ?? "Calibri",
        size: font.size ?? 11,
        bold: font.bold ?? false,
        italic: font.italic ?? false,
        underline: underlineWord(font.underline ?? "none"),
        color: font.color ?? "#000000",
      },
      ...(fill ? { fill: { color: fill } } : {}),
      borders: sides,
      horizontalAlignment: alignmentWord(alignment.horizontal ?? "general"),
      verticalAlignment: alignmentWord(alignment.vertical ?? "bottom"),
      wrapText: alignment.wrap ?? false,
      textOrientation: alignment.rotation ?? 0,
    },
  };
}
