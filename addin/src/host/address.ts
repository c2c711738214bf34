/**
 * A1 addresses <-> zero-based rectangles: the one place where the add-in converts between them.
 *
 * Covered: `B7`, `B7:C9`, `B:C`, `3:5`, `$` marks, sheet prefixes with and without quotes. A workbook prefix
 * (`[Book2]Sheet1!A1`) is kept in the sheet's name and so never matches a sheet of this workbook.
 */

export const MAX_ROWS = 1_048_576;
export const MAX_COLUMNS = 16_384;

/** Zero-based, both ends included. */
export interface Area {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export interface SheetArea extends Area {
  readonly sheet: string;
}

/** 0 -> `A`, 26 -> `AA`. */
export function columnLetters(column: number): string {
  let letters = "";
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return letters;
}

/** `AA` -> 26. */
export function columnIndex(letters: string): number {
  let column = 0;
  for (const letter of letters.toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}

export function cellAddress(row: number, column: number): string {
  return `${columnLetters(column)}${row + 1}`;
}

export function height(area: Area): number {
  return area.bottom - area.top + 1;
}

export function width(area: Area): number {
  return area.right - area.left + 1;
}

export function cellCount(area: Area): number {
  return height(area) * width(area);
}

export function cellArea(row: number, column: number): Area {
  return { top: row, left: column, bottom: row, right: column };
}

/** `B7`, `B7:C9`, `B:C` or `3:5`. */
export function areaAddress(area: Area): string {
  if (area.top === 0 && area.bottom === MAX_ROWS - 1) {
    return `${columnLetters(area.left)}:${columnLetters(area.right)}`;
  }
  if (area.left === 0 && area.right === MAX_COLUMNS - 1) return `${area.top + 1}:${area.bottom + 1}`;
  const first = cellAddress(area.top, area.left);
  return cellCount(area) === 1 ? first : `${first}:${cellAddress(area.bottom, area.right)}`;
}

/** A sheet's name as a formula writes it: quoted where it must be. */
export function quotedSheet(sheet: string): string {
  const isPlain =
    /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(sheet) && !/^(?:[a-z]{1,3}\d+|rc?|c|r\d*c\d*)$/i.test(sheet);
  return isPlain ? sheet : `'${sheet.replaceAll("'", "''")}'`;
}

export function placeAddress(place: SheetArea): string {
  return `${quotedSheet(place.sheet)}!${areaAddress(place)}`;
}

const AREA = /^\$?([A-Za-z]{1,3})?\$?([0-9]{1,7})?(?::\$?([A-Za-z]{1,3})?\$?([0-9]{1,7})?)?$/;

/** The area of an address without its sheet; null where the text is none. */
export function parseArea(text: string): Area | null {
  const match = AREA.exec(text.trim());
  if (!match) return null;
  const [, left, top, right, bottom] = match;
  const isRange = text.includes(":");
  let area: Area;
  if (!isRange) {
    if (!left || !top) return null;
    area = cellArea(Number(top) - 1, columnIndex(left));
  } else if (left && right && !top && !bottom) {
    area = { top: 0, bottom: MAX_ROWS - 1, left: columnIndex(left), right: columnIndex(right) };
  } else if (top && bottom && !left && !right) {
    area = { top: Number(top) - 1, bottom: Number(bottom) - 1, left: 0, right: MAX_COLUMNS - 1 };
  } else if (left && top && right && bottom) {
    area = {
      top: Number(top) - 1,
      left: columnIndex(left),
      bottom: Number(bottom) - 1,
      right: columnIndex(right),
    };
  } else {
    return null;
  }
  area = {
    top: Math.min(area.top, area.bottom),
    bottom: Math.max(area.top, area.bottom),
    left: Math.min(area.left, area.right),
    right: Math.max(area.left, area.right),
  };
  return area.top >= 0 && area.bottom < MAX_ROWS && area.right < MAX_COLUMNS ? area : null;
}

/** `'My sheet'!B7:C9` -> its sheet and area; the sheet is `fallback` where the text names none. */
export function parsePlace(text: string, fallback?: string): SheetArea | null {
  const bang = text.lastIndexOf("!");
  const area = parseArea(text.slice(bang + 1));
  if (!area) return null;
  if (bang < 0) return fallback === undefined ? null : { sheet: fallback, ...area };
  const name = text.slice(0, bang);
  const sheet =
    name.length > 1 && name.startsWith("'") && name.endsWith("'")
      ? name.slice(1, -1).replaceAll("''", "'")
      : name;
  return { sheet, ...area };
}

/** The parts of a list of areas such as `Sheet1!A1:B2,Sheet1!D4`; commas inside quotes are part of a name. */
export function splitAreas(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "'") isQuoted = !isQuoted;
    if (text[index] === "," && !isQuoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** The cells that two areas share, or null. */
export function intersection(a: Area, b: Area): Area | null {
  const top = Math.max(a.top, b.top);
  const left = Math.max(a.left, b.left);
  const bottom = Math.min(a.bottom, b.bottom);
  const right = Math.min(a.right, b.right);
  return top <= bottom && left <= right ? { top, left, bottom, right } : null;
}

export function sameSheet(a: string, b: string): boolean {
  return a.localeCompare(b, "en", { sensitivity: "accent" }) === 0;
}

/** Strips of whole rows with at most `limit` cells each (a row wider than that is cut into columns). */
export function* strips(area: Area, limit: number): Generator<Area> {
  const wide = Math.min(width(area), limit);
  const rows = Math.max(1, Math.floor(limit / wide));
  for (let top = area.top; top <= area.bottom; top += rows) {
    const bottom = Math.min(area.bottom, top + rows - 1);
    for (let left = area.left; left <= area.right; left += wide) {
      yield { top, bottom, left, right: Math.min(area.right, left + wide - 1) };
    }
  }
}
