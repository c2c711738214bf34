/** Colour scales, data bars and icon sets: from the options of a rule to the objects of Office.js. */

import type { ConditionalFormat } from "../protocol/messages";
import type { OfficeConditionalFormat } from "./surface";

const POINTS: Record<string, string> = {
  min: "LowestValue",
  max: "HighestValue",
  num: "Number",
  percent: "Percent",
  percentile: "Percentile",
  formula: "Formula",
};
const NUMBERS: Record<string, string> = { 3: "Three", 4: "Four", 5: "Five" };

interface Point {
  readonly type: string;
  readonly formula?: string;
}

interface Scale {
  readonly points: readonly Point[];
  readonly colors: readonly string[];
  readonly icons: string | null;
}

/** `cfvo1: percentile 50`, `color1: #RRGGBB`, `iconSet: 3Arrows`. */
function scaleOf({ options }: ConditionalFormat): Scale {
  const told = new Map(options);
  const numbered = (name: string) => {
    const found: string[] = [];
    for (
      let option = told.get(`${name}1`);
      option !== undefined;
      option = told.get(`${name}${found.length + 1}`)
    )
      found.push(option);
    return found;
  };
  const points = numbered("cfvo").map((text): Point => {
    const [word = "", ...rest] = text.split(" ");
    const type = POINTS[word] ?? "";
    const value = rest.join(" ");
    if (value === "") return { type };
    return { type, formula: type === "Formula" && !value.startsWith("=") ? `=${value}` : value };
  });
  const icons = told.get("iconSet");
  return {
    points,
    colors: numbered("color"),
    icons: icons === undefined ? null : `${NUMBERS[icons[0] ?? ""] ?? ""}${icons.slice(1)}`,
  };
}

/** Whether Office.js can have the rule. */
export function hasScale(rule: ConditionalFormat): boolean {
  const { points, colors, icons } = scaleOf(rule);
  if (points.some(({ type }) => type === "")) return false;
  switch (rule.type) {
    case "colorScale":
      return (points.length === 2 || points.length === 3) && colors.length === points.length;
    case "dataBar":
      return points.length === 2 && colors.length > 0;
    case "iconSet":
      return icons !== null && points.length >= 3 && !/^\d/.test(icons);
    default:
      return false;
  }
}

export function queueScale(added: OfficeConditionalFormat, rule: ConditionalFormat): void {
  const { points, colors, icons } = scaleOf(rule);
  const [low, high] = [points[0], points.at(-1)];
  if (!low || !high) return;
  if (rule.type === "dataBar") {
    added.dataBar.lowerBoundRule = low;
    added.dataBar.upperBoundRule = high;
    added.dataBar.positiveFormat.fillColor = colors[0] ?? "#638EC6";
  } else if (rule.type === "colorScale") {
    const middle = points.length === 3 ? { midpoint: { ...points[1], color: colors[1] } } : {};
    added.colorScale.criteria = {
      minimum: { ...low, color: colors[0] },
      ...middle,
      maximum: { ...high, color: colors.at(-1) },
    };
  } else {
    added.iconSet.style = icons ?? "ThreeTrafficLights1";
    // The first icon has no bound: it is for what is under the second's.
    added.iconSet.criteria = points.map((point, index) =>
      index === 0 ? {} : { ...point, operator: "GreaterThanOrEqual" },
    );
  }
}
