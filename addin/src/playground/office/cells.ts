/** Reading and writing the grid's cells in the words of Office.js: values, formulas, number formats, looks. */

import type { CellStyle } from "@ironcalc/wasm";
import {
  type Area,
  cellAddress,
  height,
  intersection,
  MAX_COLUMNS,
  MAX_ROWS,
  width,
} from "../../host/address";
import type { CellInput, CellLook, ValueType } from "../../host/surface";
import { alignmentWord, underlineWord } from "../../host/words";
import type { CellStyle as WireStyle } from "../../protocol/messages";
import { ExactValues } from "../model/exact";
import { type GridChange, type ObservedModel, toIron } from "../model/observed";
import { OfficeError } from "./batch";

/** IronCalc's numbers for what a cell holds. */
const TEXT = 2;
const LOGICAL = 4;
const ERROR = 16;

const MOST_CELLS = 5_000_000;
/** IronCalc's own errors as Excel would show them. */
const EXCEL_ERRORS: Record<string, string> = { "#N/IMPL!": "#NAME?", "#ERROR!": "#NAME?" };

/** A person's own text of a formula, where IronCalc prints it in another way. */
export interface OwnText {
  readonly printed: string;
  readonly own: string;
}

interface OwnFacets {
  readonly printed: string;
  readonly size: number;
  readonly underline: string;
  readonly horizontal: string;
  readonly vertical: string;
}

function roundedFacets({ font, alignment }: CellStyle): string {
  return JSON.stringify([font.sz, Boolean(font.u), alignment?.horizontal, alignment?.vertical]);
}

export class GridCells {
  readonly exact: ExactValues;
  /** By sheet id and cell; holds only while IronCalc still prints what it printed at first. */
  private readonly ownTexts = new Map<string, OwnText>();
  private readonly ownStyles = new Map<string, OwnFacets>();
  private readonly lastColumns = new Map<number, number>();

  constructor(readonly observed: ObservedModel) {
    this.exact = new ExactValues(observed);
    observed.onChange((change) => this.grow(change));
  }

  private get model() {
    return this.observed.model;
  }

  /** The sheet's position, or -1. Names are compared as Excel does, case ignored. */
  sheetIndex(name: string): number {
    const folded = name.toLowerCase();
    return this.model.getWorksheetsProperties().findIndex((sheet) => sheet.name.toLowerCase() === folded);
  }

  sheetById(id: number): number {
    return this.model.getWorksheetsProperties().findIndex((sheet) => sheet.sheet_id === id);
  }

  sheetId(sheet: number): number {
    return this.model.getWorksheetsProperties()[sheet]?.sheet_id ?? -1;
  }

  sheetName(sheet: number): string {
    return this.model.getWorksheetsProperties()[sheet]?.name ?? "";
  }

  keepOwnText(sheet: number, row: number, column: number, own: string): void {
    const printed = this.model.getCellContent(sheet, row + 1, column + 1);
    if (printed !== own && printed.startsWith("=")) {
      this.ownTexts.set(`${this.sheetId(sheet)}!${cellAddress(row, column)}`, { printed, own });
    }
  }

  /** The facets of a cell's format that IronCalc had to round; they hold while its own are untouched. */
  keepOwnStyle(sheet: number, row: number, column: number, style: WireStyle): void {
    const { size, underline, horizontal, vertical } = {
      size: style.font_size,
      underline: underlineWord(style.underline ?? "none"),
      horizontal: alignmentWord(style.horizontal ?? "general"),
      vertical: alignmentWord(style.vertical ?? "bottom"),
    };
    const printed = roundedFacets(this.style(sheet, row, column));
    const place = `${this.sheetId(sheet)}!${cellAddress(row, column)}`;
    this.ownStyles.set(place, { printed, size, underline, horizontal, vertical });
  }

  /** Columns up to `column` (zero-based) hold something. */
  reach(sheet: number, column: number): void {
    const id = this.sheetId(sheet);
    this.lastColumns.set(id, Math.max(this.lastColumns.get(id) ?? 99, column));
  }

  private grow(change: GridChange): void {
    if (change.kind === "cells" || change.kind === "formats") {
      if (change.area.right < MAX_COLUMNS - 1) this.reach(change.sheet, change.area.right);
    } else if (change.kind === "inserted" && change.axis === "columns") {
      const id = this.sheetId(change.sheet);
      this.lastColumns.set(id, Math.min(MAX_COLUMNS - 1, (this.lastColumns.get(id) ?? 99) + change.count));
    }
  }

  /** The smallest area round everything that the sheet keeps; null where it keeps nothing. */
  used(sheet: number): Area | null {
    let area: Area | null = null;
    const last = this.lastColumns.get(this.sheetId(sheet)) ?? 99;
    for (let column = 0; column <= last; column++) {
      const rows = this.model.getRowsWithData(sheet, column + 1);
      if (rows.length === 0) continue;
      let top = MAX_ROWS;
      let bottom = 0;
      for (const row of rows) {
        top = Math.min(top, row - 1);
        bottom = Math.max(bottom, row - 1);
      }
      area =
        area === null
          ? { top, bottom, left: column, right: column }
          : {
              top: Math.min(area.top, top),
              bottom: Math.max(area.bottom, bottom),
              left: area.left,
              right: column,
            };
    }
    return area;
  }

  matrix<T>(area: Area, of: (row: number, column: number) => T): T[][] {
    const rows = height(area);
    const columns = width(area);
    if (rows * columns > MOST_CELLS) {
      throw new OfficeError("InvalidArgument", `expected at most ${MOST_CELLS} cells, got ${rows * columns}`);
    }
    return Array.from({ length: rows }, (_, r) =>
      Array.from({ length: columns }, (__, c) => of(area.top + r, area.left + c)),
    );
  }

  formulas(sheet: number, area: Area): CellInput[][] {
    const values = this.values(sheet, area);
    return this.matrix(area, (row, column) => {
      const content = this.content(sheet, row, column);
      return content.startsWith("=") ? content : (values[row - area.top]?.[column - area.left] ?? "");
    });
  }

  /** The formula with its `=` (the person's own text where it is unchanged), or what IronCalc keeps of a constant. */
  content(sheet: number, row: number, column: number): string {
    const printed = this.model.getCellContent(sheet, row + 1, column + 1);
    if (!printed.startsWith("=")) return this.isSpilled(sheet, row, column) ? "" : printed;
    const kept = this.ownTexts.get(`${this.sheetId(sheet)}!${cellAddress(row, column)}`);
    return kept?.printed === printed ? kept.own : printed;
  }

  types(sheet: number, area: Area): ValueType[][] {
    return this.matrix(area, (row, column) => this.type(sheet, row, column));
  }

  type(sheet: number, row: number, column: number): ValueType {
    const type = this.model.getCellType(sheet, row + 1, column + 1);
    if (type === TEXT) return "String";
    if (type === LOGICAL) return "Boolean";
    if (type === ERROR) return this.isCircular(sheet, row, column) ? "Double" : "Error";
    return this.model.getFormattedCellValue(sheet, row + 1, column + 1) === "" &&
      this.model.getCellContent(sheet, row + 1, column + 1) === ""
      ? "Empty"
      : "Double";
  }

  /** What the cells show. */
  texts(sheet: number, area: Area): string[][] {
    return this.matrix(area, (row, column) => this.model.getFormattedCellValue(sheet, row + 1, column + 1));
  }

  values(sheet: number, area: Area): CellInput[][] {
    const wanted: [sheet: number, row: number, column: number][] = [];
    const found = this.matrix<CellInput>(area, (row, column) => {
      const type = this.type(sheet, row, column);
      const shown = () => this.model.getFormattedCellValue(sheet, row + 1, column + 1);
      if (type === "Empty") return "";
      if (type === "String") return this.text(sheet, row, column, shown());
      if (type === "Boolean") return shown() === "TRUE";
      if (type === "Error") return EXCEL_ERRORS[shown()] ?? shown();
      if (this.isCircular(sheet, row, column)) return 0;
      const content = this.model.getCellContent(sheet, row + 1, column + 1);
      if (/^-?[\d.]+(?:e[+-]?\d+)?$/i.test(content)) return Number(content);
      wanted.push([sheet, row, column]);
      return null;
    });
    const exact = this.exact.read(wanted);
    wanted.forEach(([, row, column], index) => {
      const line = found[row - area.top] as CellInput[];
      line[column - area.left] = exact[index] ?? null;
    });
    return found;
  }

  /** Excel shows 0 for a formula that reads itself, IronCalc an error of its own. */
  private isCircular(sheet: number, row: number, column: number): boolean {
    return this.model.getFormattedCellValue(sheet, row + 1, column + 1) === "#CIRC!";
  }

  /** Text as it is stored, not as a number format may decorate it. */
  private text(sheet: number, row: number, column: number, shown: string): string {
    const content = this.model.getCellContent(sheet, row + 1, column + 1);
    if (content === "" || content.startsWith("=")) return shown;
    return content.startsWith("'") && this.style(sheet, row, column).quote_prefix
      ? content.slice(1)
      : content;
  }

  /** The anchor of the array that fills this cell from elsewhere. */
  spillParent(sheet: number, row: number, column: number): { row: number; column: number } | null {
    const structure = this.model.getCellArrayStructure(sheet, row + 1, column + 1);
    if (typeof structure === "string") return null;
    if ("DynamicChild" in structure)
      return { row: structure.DynamicChild[0] - 1, column: structure.DynamicChild[1] - 1 };
    if ("ArrayChild" in structure)
      return { row: structure.ArrayChild[0] - 1, column: structure.ArrayChild[1] - 1 };
    return null;
  }

  /** The area that this cell's formula fills; null where it fills only itself. */
  spillArea(sheet: number, row: number, column: number): Area | null {
    const structure = this.model.getCellArrayStructure(sheet, row + 1, column + 1);
    if (typeof structure === "string") return null;
    const size =
      "DynamicAnchor" in structure
        ? structure.DynamicAnchor
        : "ArrayAnchor" in structure
          ? structure.ArrayAnchor
          : null;
    if (size === null || size[0] * size[1] === 1) return null;
    return { top: row, left: column, bottom: row + size[1] - 1, right: column + size[0] - 1 };
  }

  private isSpilled(sheet: number, row: number, column: number): boolean {
    return this.spillParent(sheet, row, column) !== null;
  }

  /**
   * What `values` and `formulas` take: null leaves a cell alone, "" clears it. Throws InvalidArgument where one
   * formula does not parse; then nothing is written.
   */
  setInputs(sheet: number, area: Area, inputs: readonly (readonly CellInput[])[]): void {
    const isOne = inputs.length === 1 && inputs[0]?.length === 1;
    if (!isOne && (inputs.length !== height(area) || inputs.some((row) => row.length !== width(area)))) {
      throw new OfficeError("InvalidArgument", "expected as many rows and columns as the range has");
    }
    const { observed, model } = this;
    observed.together(sheet, area, () => {
      const depth = observed.undoDepth;
      let broken: string | null = null;
      model.pauseEvaluation();
      this.matrix(area, (row, column) => {
        const input = isOne ? inputs[0]?.[0] : inputs[row - area.top]?.[column - area.left];
        if (input !== null && input !== undefined) this.setInput(sheet, row, column, input);
      });
      model.resumeEvaluation();
      model.evaluate();
      this.matrix(area, (row, column) => {
        // IronCalc keeps text that it cannot parse, as a formula whose value is this error of its own.
        if (model.getFormattedCellValue(sheet, row + 1, column + 1) === "#ERROR!")
          broken ??= this.content(sheet, row, column);
      });
      if (broken === null) return;
      while (observed.undoDepth > depth) model.undo();
      throw new OfficeError(
        "InvalidArgument",
        `expected a formula that parses, got ${String(broken).slice(0, 80)}`,
      );
    });
  }

  private setInput(sheet: number, row: number, column: number, input: string | number | boolean): void {
    if (input === "") {
      this.model.rangeClearContents(sheet, row + 1, column + 1, row + 1, column + 1);
      return;
    }
    const format = this.style(sheet, row, column).num_fmt;
    const text = typeof input === "boolean" ? String(input).toUpperCase() : String(input);
    this.model.setUserInput(sheet, row + 1, column + 1, text);
    // What the add-in writes keeps the cell's format; IronCalc chooses one by what a formula reads.
    if (typeof input !== "string" || input.startsWith("=")) this.keepFormat(sheet, row, column, format);
  }

  private keepFormat(sheet: number, row: number, column: number, format: string): void {
    if (this.style(sheet, row, column).num_fmt === format) return;
    this.setStyle(sheet, { top: row, left: column, bottom: row, right: column }, "num_fmt", format);
  }

  /** Continues `source` over `target` as Excel's fill handle does; number formats are the source's. */
  fill(sheet: number, source: Area, target: Area): void {
    const { model, observed } = this;
    const formats = this.matrix(source, (row, column) => this.style(sheet, row, column).num_fmt);
    observed.together(sheet, target, () => {
      const from = toIron(sheet, source);
      if (target.bottom > source.bottom) model.autoFillRows(from, target.bottom + 1);
      else if (target.top < source.top) model.autoFillRows(from, target.top + 1);
      else if (target.right > source.right) model.autoFillColumns(from, target.right + 1);
      else if (target.left < source.left) model.autoFillColumns(from, target.left + 1);
      const modulo = (index: number, size: number) => ((index % size) + size) % size;
      this.matrix(target, (row, column) => {
        const r = modulo(row - source.top, height(source));
        const c = modulo(column - source.left, width(source));
        this.keepFormat(sheet, row, column, formats[r]?.[c] ?? "general");
      });
    });
  }

  numberFormats(sheet: number, area: Area): string[][] {
    return this.matrix(area, (row, column) => {
      const format = this.style(sheet, row, column).num_fmt;
      return format === "general" ? "General" : format;
    });
  }

  setNumberFormats(sheet: number, area: Area, formats: readonly (readonly string[])[]): void {
    const first = formats[0]?.[0];
    const code = (format: string) => (format === "General" ? "general" : format);
    if (first !== undefined && formats.every((row) => row.every((format) => format === first))) {
      this.setStyle(sheet, area, "num_fmt", code(first));
      return;
    }
    this.matrix(area, (row, column) => {
      const format = formats[row - area.top]?.[column - area.left];
      const cell = { top: row, left: column, bottom: row, right: column };
      if (format !== undefined && code(format) !== this.style(sheet, row, column).num_fmt) {
        this.setStyle(sheet, cell, "num_fmt", code(format));
      }
    });
  }

  style(sheet: number, row: number, column: number): CellStyle {
    return this.model.getCellStyle(sheet, row + 1, column + 1).style;
  }

  setStyle(sheet: number, area: Area, path: string, value: string): void {
    this.model.updateRangeStyle(toIron(sheet, area), path, value);
  }

  /** Whole styles for a rectangle, put there as a paste of formats; the selection stays where it is. */
  setStyles(sheet: number, area: Area, styles: CellStyle[][]): void {
    const view = this.model.getSelectedView();
    const [top, left, bottom, right] = view.range;
    this.model.setSelectedSheet(sheet);
    this.model.setSelectedCell(area.top + 1, area.left + 1);
    this.model.setSelectedRange(area.top + 1, area.left + 1, area.bottom + 1, area.right + 1);
    this.model.onPasteStyles(styles);
    this.model.setSelectedSheet(view.sheet);
    this.model.setSelectedCell(view.row, view.column);
    this.model.setSelectedRange(top, left, bottom, right);
    this.model.setTopLeftVisibleCell(view.top_row, view.left_column);
  }

  looks(sheet: number, area: Area): CellLook[][] {
    const id = this.sheetId(sheet);
    const resolve = (color: IronColor) => this.model.resolveColor(color);
    return this.matrix(area, (row, column) => {
      const style = this.style(sheet, row, column);
      const look = lookOf(style, resolve);
      const own =
        this.ownStyles.size === 0 ? undefined : this.ownStyles.get(`${id}!${cellAddress(row, column)}`);
      if (own === undefined || own.printed !== roundedFacets(style) || look.format === undefined) return look;
      const { size, underline, horizontal, vertical } = own;
      const font = { ...look.format.font, size, underline };
      return {
        format: { ...look.format, font, horizontalAlignment: horizontal, verticalAlignment: vertical },
      };
    });
  }

  setLooks(sheet: number, area: Area, looks: readonly (readonly CellLook[])[]): void {
    const styles = this.matrix(area, (row, column) =>
      withLook(this.style(sheet, row, column), looks[row - area.top]?.[column - area.left] ?? {}),
    );
    this.setStyles(sheet, area, styles);
  }

  clip(sheet: number, area: Area): Area | null {
    const used = this.used(sheet);
    return used === null ? null : intersection(used, area);
  }
}

type IronColor = Parameters<ObservedModel["model"]["resolveColor"]>[0];

const LINE_WORDS: Record<string, readonly [weight: string, style: string]> = {
  thin: ["Thin", "Continuous"],
  medium: ["Medium", "Continuous"],
  thick: ["Thick", "Continuous"],
  double: ["Thick", "Double"],
  dotted: ["Thin", "Dot"],
  slantdashdot: ["Medium", "SlantDashDot"],
  mediumdashed: ["Medium", "Dash"],
  mediumdashdot: ["Medium", "DashDot"],
  mediumdashdotdot: ["Medium", "DashDotDot"],
};

/** Office.js' weight and style -> IronCalc's line; null takes the line away. */
export function lineOf(style: string | undefined, weight: string | undefined): string | null {
  if (style === undefined || style === "None") return null;
  const exact = Object.entries(LINE_WORDS).find(
    ([, words]) => words[1] === style && words[0] === (weight ?? "Thin"),
  );
  if (exact) return exact[0];
  return Object.entries(LINE_WORDS).find(([, words]) => words[1] === style)?.[0] ?? "dotted";
}

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** As the engine writes it; its types have it with a capital C. */
const ACROSS: string = "centercontinuous";

export function horizontalWord(word: string | undefined): string {
  return word === ACROSS ? "CenterAcrossSelection" : capitalised(word ?? "general");
}

function lookOf(style: CellStyle, resolve: (color: IronColor) => string): CellLook {
  const borders: Record<string, { style: string; weight?: string; color?: string }> = {};
  for (const side of ["top", "bottom", "left", "right"] as const) {
    const line = style.border[side];
    const words = line === undefined ? undefined : LINE_WORDS[line.style];
    borders[side] = words
      ? { style: words[1], weight: words[0], color: resolve(line?.color) || "#000000" }
      : { style: "None" };
  }
  const fill = resolve(style.fill.color);
  return {
    format: {
      font: {
        bold: Boolean(style.font.b),
        italic: Boolean(style.font.i),
        underline: style.font.u ? "Single" : "None",
        strikethrough: Boolean(style.font.strike),
        size: style.font.sz,
        color: resolve(style.font.color) || "#000000",
        name: style.font.name,
      },
      fill: fill === "" ? { color: "", pattern: "None" } : { color: fill, pattern: "Solid" },
      borders,
      horizontalAlignment: horizontalWord(style.alignment?.horizontal),
      verticalAlignment: capitalised(style.alignment?.vertical ?? "bottom"),
      wrapText: style.alignment?.wrap_text ?? false,
      textOrientation: 0,
      indentLevel: 0,
    },
  };
}

function withLook(style: CellStyle, look: CellLook): CellStyle {
  const { font, fill, borders, horizontalAlignment, verticalAlignment, wrapText } = look.format ?? {};
  const next = structuredClone(style);
  if (font?.bold !== undefined) next.font.b = font.bold;
  if (font?.italic !== undefined) next.font.i = font.italic;
  if (font?.underline !== undefined) next.font.u = font.underline !== "None";
  if (font?.strikethrough !== undefined) next.font.strike = font.strikethrough;
  if (font?.size !== undefined) next.font.sz = Math.round(font.size);
  if (font?.name !== undefined) next.font.name = font.name;
  if (font?.color !== undefined && !(font.color === "#000000" && style.font.color === undefined))
    next.font.color = font.color;
  if (fill?.color) next.fill.color = fill.color;
  for (const side of ["top", "bottom", "left", "right"] as const) {
    const border = borders?.[side];
    if (border === undefined) continue;
    const line = lineOf(border.style, border.weight);
    if (line === null) delete next.border[side];
    else
      next.border[side] = {
        style: line as never,
        ...(border.color === undefined ? {} : { color: border.color }),
      };
  }
  if (horizontalAlignment !== undefined || verticalAlignment !== undefined || wrapText !== undefined) {
    const uncapitalised = (word: string) => word.charAt(0).toLowerCase() + word.slice(1);
    const horizontal =
      horizontalAlignment === "CenterAcrossSelection" ? ACROSS : uncapitalised(horizontalAlignment ?? "");
    next.alignment = {
      horizontal: (horizontal || (style.alignment?.horizontal ?? "general")) as never,
      vertical: (verticalAlignment
        ? uncapitalised(verticalAlignment)
        : (style.alignment?.vertical ?? "bottom")) as never,
      wrap_text: wrapText ?? style.alignment?.wrap_text ?? false,
    };
    const { horizontal: h, vertical: v, wrap_text: w } = next.alignment;
    if (style.alignment === undefined && h === "general" && v === "bottom" && !w) delete next.alignment;
  }
  return next;
}
