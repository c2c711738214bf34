/** Conditional formats and data validation: from OOXML's words to the rule objects of Office.js, and back. */

import type { ConditionalFormat, DataValidation } from "../protocol/messages";
import { cellAddress, cellCount, parseArea } from "./address";
import type { Loss, UndoStep } from "./journal";
import { queueScale } from "./scales";
import type {
  ConditionalKind,
  OfficeConditionalFormat,
  OfficeConditionalLook,
  OfficeContext,
  OfficeRange,
  OfficeWorksheet,
} from "./surface";
import { COMPARISONS, presetCriterion, TEXT_RULES, validationOperator } from "./words";

const MAX_SINGLE_VALIDATIONS = 2_000;

const SCALES: Record<string, ConditionalKind> = {
  colorScale: "ColorScale",
  dataBar: "DataBar",
  iconSet: "IconSet",
};

function kindOf(type: string): ConditionalKind {
  if (type === "cellIs") return "CellValue";
  if (type === "top10") return "TopBottom";
  if (type in TEXT_RULES) return "ContainsText";
  if (type === "expression") return "Custom";
  return SCALES[type] ?? "PresetCriteria";
}

/** Queues one rule on one range; its id can be loaded afterwards. */
export function queueConditionalFormat(
  worksheet: OfficeWorksheet,
  address: string,
  rule: ConditionalFormat,
): OfficeConditionalFormat {
  const kind = kindOf(rule.type);
  const added = worksheet.getRange(address).conditionalFormats.add(kind);
  const options = new Map(rule.options);
  switch (kind) {
    case "Custom":
      added.custom.rule.formula = rule.formulas[0] ?? "=FALSE";
      queueLook(added.custom.format, rule);
      break;
    case "CellValue": {
      const [formula1 = "=0", formula2] = rule.formulas;
      const operator = COMPARISONS[rule.operator ?? ""] ?? "EqualTo";
      added.cellValue.rule =
        formula2 === undefined ? { formula1, operator } : { formula1, formula2, operator };
      queueLook(added.cellValue.format, rule);
      break;
    }
    case "ContainsText":
      added.textComparison.rule = {
        operator: TEXT_RULES[rule.type] ?? "Contains",
        text: options.get("text") ?? "",
      };
      queueLook(added.textComparison.format, rule);
      break;
    case "TopBottom": {
      const side = options.get("bottom") === "1" ? "Bottom" : "Top";
      const unit = options.get("percent") === "1" ? "Percent" : "Items";
      added.topBottom.rule = { rank: Number(options.get("rank") ?? 10), type: `${side}${unit}` };
      queueLook(added.topBottom.format, rule);
      break;
    }
    case "PresetCriteria":
      added.preset.rule = { criterion: presetCriterion(rule) ?? "DuplicateValues" };
      queueLook(added.preset.format, rule);
      break;
    default:
      queueScale(added, rule);
  }
  return added;
}

function queueLook(look: OfficeConditionalLook, rule: ConditionalFormat): void {
  if (rule.fill !== null) look.fill.color = rule.fill;
  if (rule.font_color !== null) look.font.color = rule.font_color;
  if (rule.bold !== null) look.font.bold = rule.bold;
}

const VALIDATION_RULES: Record<string, string> = {
  whole: "wholeNumber",
  decimal: "decimal",
  date: "date",
  time: "time",
  textLength: "textLength",
};

export function validationRule(validation: DataValidation): object {
  const [formula1 = "", formula2] = validation.formulas;
  if (validation.type === "list") {
    // A list of texts travels as ="a,b": Excel wants it without the sign and quotes.
    const inline = /^="(.*)"$/s.exec(formula1);
    return {
      list: { inCellDropDown: true, source: inline ? (inline[1] as string).replaceAll('""', '"') : formula1 },
    };
  }
  if (validation.type === "custom") return { custom: { formula: formula1 } };
  const rule = {
    formula1,
    operator: validationOperator(validation.operator),
    ...(formula2 === undefined ? {} : { formula2 }),
  };
  return { [VALIDATION_RULES[validation.type] ?? "decimal"]: rule };
}

export function queueValidation(range: OfficeRange, validation: DataValidation): void {
  range.dataValidation.clear();
  range.dataValidation.rule = validationRule(validation);
  range.dataValidation.ignoreBlanks = validation.allow_blank;
  if (validation.error_message !== null) {
    range.dataValidation.errorAlert = {
      message: validation.error_message,
      showAlert: true,
      style: "Stop",
      title: "",
    };
  }
}

const VALIDATION_FIELDS = ["type", "rule", "errorAlert", "ignoreBlanks"];

/** The validations of ranges as they are; a range with several is read cell by cell, up to a bound. */
export async function readValidation(
  context: OfficeContext,
  sheet: string,
  addresses: readonly string[],
): Promise<{ undo: UndoStep[]; losses: Loss[] }> {
  const worksheet = context.workbook.worksheets.getItem(sheet);
  const undo: UndoStep[] = [];
  const losses: Loss[] = [];
  let asked = [...addresses];
  for (let isSingle = false; asked.length > 0; isSingle = true) {
    const read = asked.map((address) => ({
      address,
      validation: worksheet.getRange(address).dataValidation,
    }));
    for (const { validation } of read) validation.load(VALIDATION_FIELDS);
    await context.sync();
    asked = [];
    for (const { address, validation } of read) {
      const isMixed = validation.type === "Inconsistent" || validation.type === "MixedCriteria";
      const area = parseArea(address);
      if (isMixed && !isSingle && area && cellCount(area) <= MAX_SINGLE_VALIDATIONS) {
        for (let row = area.top; row <= area.bottom; row++) {
          for (let column = area.left; column <= area.right; column++) asked.push(cellAddress(row, column));
        }
        continue;
      }
      if (isMixed) losses.push("mixed_validation");
      const isNone = isMixed || validation.type === "None";
      const before = isNone
        ? null
        : { rule: validation.rule, errorAlert: validation.errorAlert, ignoreBlanks: validation.ignoreBlanks };
      undo.push({ kind: "validation", sheet, address, before });
    }
  }
  return { undo, losses };
}
