/** Words of OOXML, in which edits are written, and those of Office.js. */

import type { ConditionalFormat } from "../protocol/messages";
import type { CellLook } from "./surface";

/** OOXML line style -> Office.js weight and style. */
const LINES: Record<string, readonly [weight: string, style: string]> = {
  thin: ["Thin", "Continuous"],
  medium: ["Medium", "Continuous"],
  thick: ["Thick", "Continuous"],
  hair: ["Hairline", "Continuous"],
  dashed: ["Thin", "Dash"],
  mediumDashed: ["Medium", "Dash"],
  dotted: ["Thin", "Dot"],
  double: ["Thick", "Double"],
  dashDot: ["Thin", "DashDot"],
  mediumDashDot: ["Medium", "DashDot"],
  dashDotDot: ["Thin", "DashDotDot"],
  mediumDashDotDot: ["Medium", "DashDotDot"],
  slantDashDot: ["Medium", "SlantDashDot"],
};

export function lineWords(style: string): readonly [weight: string, style: string] | null {
  return LINES[style] ?? null;
}

export const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

export function alignmentWord(word: string): string {
  return word === "centerContinuous" ? "CenterAcrossSelection" : capitalised(word);
}

export function underlineWord(word: string): string {
  if (word === "singleAccounting") return "SingleAccountant";
  if (word === "doubleAccounting") return "DoubleAccountant";
  return capitalised(word);
}

const uncapitalised = (word: string) => word.charAt(0).toLowerCase() + word.slice(1);

export function alignmentFromOffice(word: string | undefined, standard: string): string | null {
  if (!word || word === standard) return null;
  return word === "CenterAcrossSelection" ? "centerContinuous" : uncapitalised(word);
}

export function underlineFromOffice(word: string | undefined): string | null {
  if (!word || word === "None") return null;
  if (word === "SingleAccountant") return "singleAccounting";
  if (word === "DoubleAccountant") return "doubleAccounting";
  return uncapitalised(word);
}

/** Width in characters of the default font <-> points: 7 pixels a character, 5 of padding, 0.75 points a pixel. */
export function pointsOfCharacters(characters: number): number {
  return Math.round(characters * 7 + 5) * 0.75;
}

export const COMPARISONS: Record<string, string> = {
  between: "Between",
  notBetween: "NotBetween",
  equal: "EqualTo",
  notEqual: "NotEqualTo",
  greaterThan: "GreaterThan",
  lessThan: "LessThan",
  greaterThanOrEqual: "GreaterThanOrEqual",
  lessThanOrEqual: "LessThanOrEqual",
};

/** Data validation spells two of them with `To`. */
export function validationOperator(operator: string | null): string {
  const word = COMPARISONS[operator ?? "between"] ?? "Between";
  return word.endsWith("OrEqual") ? `${word}To` : word;
}

export const TEXT_RULES: Record<string, string> = {
  containsText: "Contains",
  notContainsText: "NotContains",
  beginsWith: "BeginsWith",
  endsWith: "EndsWith",
};

const PRESET_RULES: Record<string, string> = {
  duplicateValues: "DuplicateValues",
  uniqueValues: "UniqueValues",
  containsBlanks: "Blanks",
  notContainsBlanks: "NonBlanks",
  containsErrors: "Errors",
  notContainsErrors: "NonErrors",
};

const PERIODS: Record<string, string> = {
  last7Days: "LastSevenDays",
  yesterday: "Yesterday",
  today: "Today",
  tomorrow: "Tomorrow",
  lastWeek: "LastWeek",
  thisWeek: "ThisWeek",
  nextWeek: "NextWeek",
  lastMonth: "LastMonth",
  thisMonth: "ThisMonth",
  nextMonth: "NextMonth",
};
const DEVIATIONS: Record<string, string> = { 1: "One", 2: "Two", 3: "Three" };

/** The criterion of a rule that needs no formula of its own; null where Office.js has none. */
export function presetCriterion({ type, options }: ConditionalFormat): string | null {
  const told = new Map(options);
  if (type === "timePeriod") return PERIODS[told.get("timePeriod") ?? ""] ?? null;
  if (type !== "aboveAverage") return PRESET_RULES[type] ?? null;
  const side = told.get("aboveAverage") === "0" ? "Below" : "Above";
  const deviations = told.get("stdDev");
  if (deviations === undefined) return `${told.get("equalAverage") === "1" ? "EqualOr" : ""}${side}Average`;
  const count = DEVIATIONS[deviations];
  return count === undefined ? null : `${count}StdDev${side}Average`;
}

export const CHART_TYPES = {
  column: "ColumnClustered",
  bar: "BarClustered",
  line: "Line",
  pie: "Pie",
  scatter: "XYScatter",
  area: "Area",
} as const;

export const STACKINGS = { stacked: "Stacked", percent: "Stacked100" } as const;

export const TRENDLINES: Record<string, string> = {
  linear: "Linear",
  exp: "Exponential",
  log: "Logarithmic",
  movingAvg: "MovingAverage",
  poly: "Polynomial",
  power: "Power",
};

/** How a pivot table's values are put together, where Office.js has another word. */
export const SUMMARIES: Record<string, string> = { stdDev: "StandardDeviation", var: "Variance" };

/** Everything of a cell's look that an edit can change, as `getCellProperties` is asked for it. */
export const WHOLE_LOOK = {
  format: {
    font: {
      bold: true,
      italic: true,
      underline: true,
      size: true,
      color: true,
      name: true,
      strikethrough: true,
      tintAndShade: true,
    },
    fill: { color: true, pattern: true, patternColor: true, tintAndShade: true },
    borders: { style: true, weight: true, color: true },
    horizontalAlignment: true,
    verticalAlignment: true,
    wrapText: true,
    textOrientation: true,
    indentLevel: true,
  },
} as const;

/** Whether the cell has a fill at all: without one Excel still names white as its colour. */
export function hasFill(look: CellLook | undefined): boolean {
  const fill = look?.format?.fill;
  if (!fill?.color) return false;
  return fill.pattern === undefined || fill.pattern === null
    ? fill.color.toUpperCase() !== "#FFFFFF"
    : fill.pattern !== "None";
}
