/** A worksheet in memory: what cells hold and look like, how Excel reads what is entered, where arrays spill. */

import { type Area, cellAddress, parseArea } from "../address";
import type { CellInput, CellLook, ValueType } from "../surface";
import { isErrorText } from "../values";
import type { FakeChart } from "./chart";

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

export const blank = (): FakeCell => ({
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
  readonly charts: FakeChart[] = [];
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

export function isFormatted(cell: FakeCell): boolean {
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

export function cellsOf(area: Area): [row: number, column: number][] {
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
