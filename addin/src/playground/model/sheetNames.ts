/**
 * Sheets' names as the person gave them, over a model in which some have others.
 *
 * IronCalc cannot read references to sheets such as `P&L` back (see `backend/cellwright/playground/grid.py`), so
 * the server gives them names that it can. The methods that give or take names and formulas are shadowed on the
 * instance: whoever calls the model, the grid's own component too, sees the real names only.
 */

import type { DefinedName, Model } from "@ironcalc/wasm";
import { quotedSheet } from "../../host/address";

/** Characters of a sheet's name. */
const LONGEST = 31;
const PLAIN = /^[\p{L}\p{N}_ ]+$/u;

/** The name within the model; as `grid_name` on the server. */
function innerName(name: string, taken: readonly string[]): string {
  if (PLAIN.test(name)) return name;
  const stem = name.replaceAll("!", "ǃ");
  for (let spaces = 1; ; spaces++) {
    const inner = stem.slice(0, LONGEST - spaces) + " ".repeat(spaces);
    if (!taken.includes(inner)) return inner;
  }
}

const escaped = (text: string) => text.replaceAll(/[$()*+./?[\\\]^{|}]/g, "\\$&");

/** `names`: the real ones, in the order of the sheets. */
export function showSheetNames(model: Model, names: readonly string[]): void {
  /** Name within the model -> the real one, where they differ. */
  const real = new Map<string, string>();
  const own = {
    properties: model.getWorksheetsProperties.bind(model),
    content: model.getCellContent.bind(model),
    input: model.setUserInput.bind(model),
    array: model.setUserArrayFormula.bind(model),
    rename: model.renameSheet.bind(model),
    definedNames: model.getDefinedNameList.bind(model),
    newName: model.newDefinedName.bind(model),
    updateName: model.updateDefinedName.bind(model),
    isValidName: model.isValidDefinedName.bind(model),
  };
  own.properties().forEach(({ name }, index) => {
    const given = names[index];
    if (given !== undefined && given !== name) real.set(name, given);
  });

  const replaced = (text: string, pairs: Iterable<readonly [string, string]>): string => {
    let result = text;
    for (const [from, to] of pairs) {
      const reference = new RegExp(`${escaped(quotedSheet(from))}!`, "giu");
      result = result.replaceAll(reference, () => `${quotedSheet(to)}!`);
    }
    return result;
  };
  const isReference = (text: string) => real.size > 0 && text.includes("!");
  const outwards = (text: string) => (isReference(text) ? replaced(text, real) : text);
  const inwards = (text: string) =>
    isReference(text)
      ? replaced(
          text,
          [...real].map(([inner, name]) => [name, inner] as const),
        )
      : text;
  const formulaIn = (text: string) => (text.startsWith("=") ? inwards(text) : text);

  const shadows: Partial<Model> = {
    getWorksheetsProperties: () =>
      own.properties().map((sheet) => ({ ...sheet, name: real.get(sheet.name) ?? sheet.name })),
    getCellContent: (sheet, row, column) => {
      const content = own.content(sheet, row, column);
      return content.startsWith("=") ? outwards(content) : content;
    },
    setUserInput: (sheet, row, column, text) => own.input(sheet, row, column, formulaIn(text)),
    setUserArrayFormula: (sheet, row, column, width, height, text) =>
      own.array(sheet, row, column, width, height, formulaIn(text)),
    renameSheet: (sheet, name) => {
      const taken = own.properties().map((other) => other.name);
      const inner = real.get(taken[sheet] ?? "") === name ? (taken[sheet] ?? name) : innerName(name, taken);
      own.rename(sheet, inner);
      // Old names stay known: an undo brings them back.
      if (inner !== name) real.set(inner, name);
    },
    getDefinedNameList: () =>
      own.definedNames().map((name): DefinedName => ({ ...name, formula: outwards(name.formula) })),
    newDefinedName: (name, scope, formula) => own.newName(name, scope, inwards(formula)),
    updateDefinedName: (name, scope, newName, newScope, formula) =>
      own.updateName(name, scope, newName, newScope, inwards(formula)),
    isValidDefinedName: (name, scope, formula) => own.isValidName(name, scope, inwards(formula)),
  };
  Object.assign(model, shadows);
}
