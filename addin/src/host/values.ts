/** Cell values between Office.js and the wire, and text that Excel must not take for something else. */

import type { WireValue } from "../protocol/messages";
import type { CellInput, ValueType } from "./surface";

type WireErrorText = Extract<WireValue, { error: string }>["error"];

const ERRORS: ReadonlySet<string> = new Set<WireErrorText>([
  "#NULL!",
  "#DIV/0!",
  "#VALUE!",
  "#REF!",
  "#NAME?",
  "#NUM!",
  "#N/A",
  "#GETTING_DATA",
  "#SPILL!",
  "#CALC!",
  "#FIELD!",
  "#BLOCKED!",
  "#CONNECT!",
  "#UNKNOWN!",
  "#BUSY!",
]);

export function isErrorText(text: string): text is WireErrorText {
  return ERRORS.has(text);
}

export function isWireError(value: WireValue): value is { error: WireErrorText } {
  return typeof value === "object" && value !== null;
}

/** What `values` and `valueTypes` of a cell say, as it travels. */
export function readValue(value: CellInput | undefined, type: ValueType | undefined): WireValue {
  if (value === undefined || value === null || type === "Empty") return null;
  if (type === "Error")
    return typeof value === "string" && isErrorText(value) ? { error: value } : { error: "#UNKNOWN!" };
  return value === "" && type !== "String" ? null : value;
}

/** A constant as `formulas` takes it, so that exactly this value arrives. */
export function writeValue(value: WireValue): CellInput {
  if (value === null) return "";
  if (isWireError(value)) return value.error;
  return typeof value === "string" ? plainText(value) : value;
}

const MONTH =
  /^\s*(?:\d{1,4}[\s\-/.]*)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s\-/.,]*\d/i;
const MONTH_LAST = /^\s*\d{1,4}[\s\-/.]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i;

/** Text with the apostrophe before it that keeps Excel from reading a number, a date or a formula into it. */
export function plainText(text: string): string {
  const couldBeRead =
    /^[=+\-@']/.test(text) ||
    /^[\s($€£¥%.,]*\d/.test(text) ||
    /^\s*(?:true|false)\s*$/i.test(text) ||
    isErrorText(text.trim().toUpperCase()) ||
    MONTH.test(text) ||
    MONTH_LAST.test(text);
  return couldBeRead ? `'${text}` : text;
}

/**
 * What to write into `formulas` to bring a cell back to what `formulas` and `valueTypes` said of it.
 * Formulas stay as they are; a text that begins with `=` is told from one by its type.
 */
export function inputOf(
  formula: CellInput | undefined,
  value: CellInput | undefined,
  type: ValueType | undefined,
): CellInput {
  if (formula === undefined || formula === null || type === "Empty") return "";
  if (typeof formula !== "string") return formula;
  if (isFormula(formula, value, type)) return formula;
  if (formula === `'${value}`) return formula;
  return type === "String" ? plainText(formula) : formula;
}

/** Whether the cell holds a formula and not a text that looks like one: then its value is the very text. */
export function isFormula(
  formula: CellInput | undefined,
  value: CellInput | undefined,
  type: ValueType | undefined,
): formula is string {
  return typeof formula === "string" && formula.startsWith("=") && !(type === "String" && value === formula);
}

export function sameInput(a: CellInput | undefined, b: CellInput | undefined): boolean {
  return (a ?? "") === (b ?? "");
}
