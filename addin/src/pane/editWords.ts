/**
 * An edit in plain words, from its one-line form: `FONT_BOLD | Plan!A1:D1 | true` -> Bold, A1:D1.
 *
 * What is done comes first, then the place, then the detail: `Format as`, C2:C9, `0.0%`. Operations of a newer
 * server are their own name.
 */

import type { MessageKey, Translate } from "../i18n";

export interface EditWords {
  /** `Bold`, `Write into`. */
  readonly operation: string;
  /** Empty where the edit is of the whole workbook. */
  readonly place: string;
  readonly detail: string;
}

const MOST_CHARACTERS = 300;
/** A quoted sheet's name may hold a bar. */
const LINE = /^([^|]*)\|\s*((?:'(?:[^']|'')*')?[^|]*)(?:\|([\s\S]*))?$/;

type Fields = Readonly<Record<string, unknown>>;
/** The operation's words and the detail's, from the line's value. */
type Telling = (detail: string, t: Translate, place: string) => readonly [operation: string, detail: string];

const plainly =
  (key: MessageKey): Telling =>
  (detail, t) => [t(key), detail];
const either =
  (yes: MessageKey, no: MessageKey): Telling =>
  (detail, t) => [t(detail === "false" ? no : yes), ""];
const detailed =
  (key: MessageKey, words: (fields: Fields, t: Translate) => string): Telling =>
  (detail, t) => [t(key), words(fieldsOf(detail), t)];
const border =
  (yes: MessageKey, no: MessageKey): Telling =>
  (detail, t) =>
    detail === "None" ? [t(no), ""] : [t(yes), detail];

const OPERATIONS: Record<string, Telling> = {
  FORMULA: plainly("edit.formula"),
  ARRAY_FORMULA: plainly("edit.array"),
  VALUE: plainly("edit.value"),
  INPUT: (detail, t) => [t("edit.value"), jsonWords(detail)],
  AUTOFILL: (detail, t) => [t("edit.fill"), t("edit.from", { place: detail })],
  PASTE_FROM: (detail, t) => {
    const [place = "", what = "all"] = detail.split(/\s*\|\s*(?=\w+$)/);
    return [t("edit.paste"), t(COPIED[what] ?? "edit.from", { place })];
  },
  NUMBER_FORMAT: plainly("edit.number"),
  FONT_BOLD: either("edit.bold", "edit.bold.no"),
  FONT_ITALIC: either("edit.italic", "edit.italic.no"),
  FONT_UNDERLINE: (detail, t) => [
    t(
      detail === "none"
        ? "edit.underline.no"
        : detail.startsWith("double")
          ? "edit.underline.double"
          : "edit.underline",
    ),
    "",
  ],
  FONT_SIZE: plainly("edit.size"),
  FONT_COLOR: plainly("edit.color"),
  FONT_NAME: plainly("edit.font"),
  FONT: (detail, t) => [t("edit.font"), facets(detail, t)],
  FILL_COLOR: (detail, t) => (detail === "none" ? [t("edit.paint.no"), ""] : [t("edit.paint"), detail]),
  ALIGN_HORIZONTAL: plainly("edit.align"),
  ALIGN_VERTICAL: plainly("edit.align.vertical"),
  ALIGN: (detail, t) => [t("edit.align"), facets(detail, t)],
  WRAP_TEXT: either("edit.wrap", "edit.wrap.no"),
  TEXT_ORIENTATION: (detail, t) => [t("edit.turn"), `${detail}°`],
  BORDER_LEFT: border("edit.border.left", "edit.border.no"),
  BORDER_RIGHT: border("edit.border.right", "edit.border.no"),
  BORDER_TOP: border("edit.border.top", "edit.border.no"),
  BORDER_BOTTOM: border("edit.border.bottom", "edit.border.no"),
  BORDER_OUTSIDE: border("edit.border.outside", "edit.border.no"),
  BORDER_ALL: border("edit.border.all", "edit.border.no"),
  BORDER_INSIDE_HORIZONTAL: border("edit.border.rows", "edit.border.no"),
  BORDER_INSIDE_VERTICAL: border("edit.border.columns", "edit.border.no"),
  MERGE: plainly("edit.merge"),
  UNMERGE: plainly("edit.unmerge"),
  INSERT_ROWS: plainly("edit.insert.rows"),
  INSERT_COLUMNS: plainly("edit.insert.columns"),
  DELETE_ROWS: plainly("edit.delete.rows"),
  DELETE_COLUMNS: plainly("edit.delete.columns"),
  SET_COLUMN_WIDTH: detailed("edit.width", ({ width }, t) =>
    typeof width === "number" ? t("edit.width.to", { width }) : t("edit.width.standard"),
  ),
  SORT: detailed("edit.sort", ({ keys }, t) =>
    listed(keys)
      .map(({ column, descending }) =>
        t(descending === true ? "edit.sort.down" : "edit.sort.up", { column: words(column) }),
      )
      .join(", "),
  ),
  FILTER: detailed("edit.filter", ({ column, values }, t) =>
    typeof column === "string" ? t("edit.filter.by", { column, values: words(values) }) : "",
  ),
  ADD_TABLE: detailed("edit.table", ({ name }, t) => t("edit.named", { name: words(name) })),
  ADD_CONDITIONAL_FORMAT: detailed("edit.rule", ({ type, operator, formulas }) =>
    [type, operator, formulas]
      .map((part) => words(part))
      .filter(Boolean)
      .join(" "),
  ),
  ADD_DATA_VALIDATION: detailed("edit.validation", ({ type, operator, formulas }) =>
    [type, operator, formulas]
      .map((part) => words(part))
      .filter(Boolean)
      .join(" "),
  ),
  ADD_CHART: detailed("edit.chart", ({ type, source, source_sheet: sheet, title }, t) => {
    const from = typeof sheet === "string" ? `${sheet}!${words(source)}` : words(source);
    const told = t("edit.chart.of", { kind: words(type) || "column", place: from });
    return typeof title === "string" ? `${told}, “${title}”` : told;
  }),
  ADD_PIVOT: detailed("edit.pivot", ({ rows, columns, values }, t) => {
    const by = [words(rows), words(columns)].filter(Boolean).join(", ");
    const told = Array.isArray(values)
      ? values.map((one) => words(Array.isArray(one) ? [one[1], one[0]] : one, " "))
      : [];
    return t("edit.pivot.of", { values: told.join(", "), by });
  }),
  DEFINE_NAME: detailed("edit.name", ({ formula }) => words(formula)),
  ADD_SHEET: detailed("edit.sheet", () => ""),
  RENAME_SHEET: detailed("edit.rename", ({ name }, t) => t("edit.rename.to", { name: words(name) })),
  FREEZE_PANES: (_, t, place) => [t(/![A-Z]+\d+$/.test(place) ? "edit.freeze" : "edit.freeze.no"), ""],
  RESTORE: detailed("edit.restore", () => ""),
};

const COPIED: Record<string, MessageKey> = {
  formulas: "edit.from.formulas",
  values: "edit.from.values",
  formats: "edit.from.formats",
};

export function readEditLine(line: string, t: Translate): EditWords {
  const [, name = line, place = "", value = ""] = LINE.exec(line) ?? [];
  const telling = OPERATIONS[name.trim().toUpperCase()];
  const [operation, detail] = telling?.(value.trim(), t, place.trim()) ?? [
    capitalised(name),
    jsonWords(value.trim()),
  ];
  return {
    operation,
    place: place.trim(),
    detail: detail.length > MOST_CHARACTERS ? `${detail.slice(0, MOST_CHARACTERS - 1)}…` : detail,
  };
}

/** The same in one piece, for names and announcements. */
export function editWords(line: string, t: Translate): string {
  const { operation, place, detail } = readEditLine(line, t);
  return [operation, place, detail].filter((part) => part !== "").join(" ");
}

function capitalised(name: string): string {
  const text = name.trim().toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Several facets of a font or an alignment, each in the words of its own operation. */
function facets(detail: string, t: Translate): string {
  const told: Record<string, MessageKey> = { bold: "edit.bold", italic: "edit.italic", wrap: "edit.wraps" };
  const not: Record<string, MessageKey> = {
    bold: "edit.bold.no",
    italic: "edit.italic.no",
    wrap: "edit.wraps.no",
  };
  return Object.entries(fieldsOf(detail))
    .flatMap(([name, value]) => {
      const key = (value === false ? not : told)[name];
      if (value === null) return [];
      return [key === undefined ? `${name} ${words(value)}` : t(key).toLowerCase()];
    })
    .join(", ");
}

function fieldsOf(detail: string): Fields {
  try {
    const read: unknown = JSON.parse(detail);
    return typeof read === "object" && read !== null ? (read as Fields) : {};
  } catch {
    return {};
  }
}

function listed(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "object" && item !== null) : [];
}

function words(value: unknown, between = ", "): string {
  if (Array.isArray(value)) return value.map((item) => words(item)).join(between);
  return value === null || value === undefined ? "" : String(value);
}

/** `[["a", 1], ["b", 2]]` -> `a, 1; b, 2`, `{"count": 2}` -> `count: 2`; other text as it is. */
function jsonWords(text: string): string {
  if (!/^[[{]/.test(text)) return text;
  try {
    const read: unknown = JSON.parse(text);
    if (Array.isArray(read)) return read.map((row) => words(row)).join("; ");
    return Object.entries(read as Fields)
      .filter(([, part]) => part !== null)
      .map(([name, part]) => `${name.replaceAll("_", " ")}: ${words(part)}`)
      .join(", ");
  } catch {
    return text;
  }
}
