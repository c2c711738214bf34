/**
 * Formulas as Excel shows them in other languages, and back: function names, separators, decimal comma,
 * errors. Formulas travel in en-US; this is for display and for what a person types. The names are the
 * backend's table (`cellwright.formula`, `locale.txt`), loaded only where the language needs it.
 */

const LANGUAGES = ["de", "fr", "es", "pt", "it", "nl"] as const;
type Language = (typeof LANGUAGES)[number];

export interface FormulaLocale {
  readonly language: Language | "en";
  toLocal(formula: string): string;
  fromLocal(formula: string): string;
}

export const english: FormulaLocale = {
  language: "en",
  toLocal: (formula) => formula,
  fromLocal: (formula) => formula,
};

/**
 * The locale of formulas for a language tag such as `de-AT`. Function names follow the language (English where
 * the table lacks it); separators follow the region, by its decimal separator where that is known.
 */
export async function loadFormulaLocale(tag: string, decimal: string | null = null): Promise<FormulaLocale> {
  const language = tag.split("-")[0]?.toLowerCase();
  const known = LANGUAGES.find((item) => item === language);
  const hasComma = decimal === null ? known !== undefined : decimal === ",";
  if (!known && !hasComma) return english;
  const { default: table } = await import("../../../backend/cellwright/formula/locale.txt?raw");
  return formulaLocale(known ?? "en", table, hasComma);
}

/** `hasComma`: numbers are written with a comma, and arguments are parted by semicolons. */
export function formulaLocale(language: Language | "en", table: string, hasComma = true): FormulaLocale {
  const column = language === "en" ? 0 : 1 + LANGUAGES.indexOf(language);
  const local = new Map<string, string>();
  const back = new Map<string, string>();
  for (const line of table.split("\n")) {
    if (line === "" || line.startsWith("# ")) continue;
    const words = line.split("|");
    const [name, word] = [words[0], words[column]];
    if (name === undefined || word === undefined) continue;
    local.set(name.toUpperCase(), word);
    back.set(word.toUpperCase(), name);
  }
  const columns = language === "de" || language === "fr" ? "." : "\\";
  const marks: Marks = hasComma ? { decimal: ",", separator: ";", columns } : ENGLISH;
  return {
    language,
    toLocal: (formula) => translate(formula, local, marks, ENGLISH),
    fromLocal: (formula) => translate(formula, back, ENGLISH, marks),
  };
}

interface Marks {
  readonly decimal: string;
  /** Between arguments. */
  readonly separator: string;
  /** Between the columns of an array constant; its rows are always parted by `;`. */
  readonly columns: string;
}

const ENGLISH: Marks = { decimal: ".", separator: ",", columns: "," };

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

function tokenPattern(from: Marks): RegExp {
  const point = escaped(from.decimal);
  return new RegExp(
    [
      /(?<string>"(?:[^"]|"")*"?)/.source,
      /(?<quoted>'(?:[^']|'')*'!?)/.source,
      /(?<brackets>\[(?:[^[\]]|\[[^\]]*\])*\])/.source,
      /(?<error>#[¡¿]?[\p{L}\p{N}_/]+[!?]?)/u.source,
      `(?<number>(?<![\\p{L}\\p{N}_$])\\d+(?:${point}\\d*)?(?:[eE][+-]?\\d+)?(?![\\p{L}\\p{N}_(!]))`,
      /(?<call>[\p{L}_][\p{L}\p{N}_.]*(?=\s*\())/u.source,
      /(?<word>[\p{L}_$][\p{L}\p{N}_.$]*)/u.source,
      /(?<open>\{)|(?<close>\})|(?<mark>[;,.\\])/.source,
    ].join("|"),
    "gu",
  );
}

function translate(formula: string, words: ReadonlyMap<string, string>, to: Marks, from: Marks): string {
  let depth = 0;
  return formula.replace(tokenPattern(from), (text, ...rest) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    if (groups.open !== undefined) depth += 1;
    if (groups.close !== undefined) depth -= 1;
    if (groups.number !== undefined) return text.replace(from.decimal, to.decimal);
    if (groups.call !== undefined || groups.error !== undefined) return words.get(text.toUpperCase()) ?? text;
    if (groups.word !== undefined) return BOOLEANS.has(wordKey(text, words)) ? wordKey(text, words) : text;
    if (groups.brackets !== undefined) return items(text, words);
    if (groups.mark === undefined) return text;
    if (depth > 0) return text === from.columns ? to.columns : text;
    return text === from.separator ? to.separator : text;
  });
}

/** Truth values are words, not calls; every other word is a name, a sheet or a cell and stays. */
const BOOLEANS: ReadonlySet<string> = new Set([
  "TRUE",
  "FALSE",
  "WAHR",
  "FALSCH",
  "VRAI",
  "FAUX",
  "VERDADERO",
  "FALSO",
  "VERDADEIRO",
  "VERO",
  "WAAR",
  "ONWAAR",
]);

function wordKey(text: string, words: ReadonlyMap<string, string>): string {
  return words.get(text.toUpperCase()) ?? "";
}

/** `[#Totals]` and the like inside a structured reference. */
function items(text: string, words: ReadonlyMap<string, string>): string {
  return text.replaceAll(/(?<!')#[^[\]]+/g, (item) => words.get(item.toUpperCase()) ?? item);
}
