/** An edit as a person reads it, from its one-line form: `FORMULA | Plan!C2 | =A2*B2` -> Formula, C2, =A2*B2. */

import { FormulaText } from "./FormulaText";
import { Place } from "./Place";

export interface ReadLine {
  /** `Number format`. */
  readonly operation: string;
  /** Empty where the edit is of the whole workbook. */
  readonly place: string;
  readonly detail: string;
}

const MOST_CHARACTERS = 300;
/** A quoted sheet's name may hold a bar. */
const LINE = /^([^|]*)\|\s*((?:'(?:[^']|'')*')?[^|]*)(?:\|([\s\S]*))?$/;

export function readEditLine(line: string): ReadLine {
  const [, operation = line, place = "", detail = ""] = LINE.exec(line) ?? [];
  const words = operation.trim().toLowerCase().replaceAll("_", " ");
  const told = detailWords(detail.trim());
  return {
    operation: words.charAt(0).toUpperCase() + words.slice(1),
    place: place.trim(),
    detail: told.length > MOST_CHARACTERS ? `${told.slice(0, MOST_CHARACTERS - 1)}…` : told,
  };
}

/** The same in one piece, for names and announcements. */
export function editWords(line: string): string {
  const { operation, place, detail } = readEditLine(line);
  return [operation, place, detail].filter((part) => part !== "").join(" ");
}

/** `{"count": 2}` -> `count: 2`, `[["a", 1], ["b", 2]]` -> `a, 1; b, 2`; other text as it is. */
function detailWords(text: string): string {
  if (!/^[[{]/.test(text)) return text;
  try {
    return jsonWords(JSON.parse(text), "; ");
  } catch {
    return text;
  }
}

function jsonWords(value: unknown, separator: string): string {
  if (Array.isArray(value)) return value.map((item) => jsonWords(item, ", ")).join(separator);
  if (typeof value !== "object" || value === null) return String(value ?? "");
  return Object.entries(value)
    .filter(([, part]) => part !== null)
    .map(([name, part]) => `${name.replaceAll("_", " ")}: ${jsonWords(part, ", ")}`)
    .join(", ");
}

/** Where it is done and what comes there. `within`: the sheet that goes without saying. */
export function EditDetail({
  line: { place, detail },
  within,
}: {
  readonly line: ReadLine;
  readonly within: string | undefined;
}) {
  return (
    <>
      {place !== "" && <Place place={place} within={within} />}
      {detail.startsWith("=") ? (
        <FormulaText formula={detail} />
      ) : (
        detail !== "" && <span className="edit-detail">{detail}</span>
      )}
    </>
  );
}

/** A line of the history; the place that stands above it already is not said again. */
export function HistoryLine({ text, at }: { readonly text: string; readonly at: string }) {
  const line = readEditLine(text);
  if (line.place === at && line.detail.startsWith("=")) return <FormulaText formula={line.detail} />;
  return (
    <span className="edit-line">
      <span className="operation">{line.operation}</span>
      <EditDetail line={line.place === at ? { ...line, place: "" } : line} within={undefined} />
    </span>
  );
}
