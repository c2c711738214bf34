/** A formula with its parts told apart by tone; its text is what it is, never markup. */

import { usePane } from "./context";

const PARTS =
  /(?<text>"(?:[^"]|"")*"?)|(?<place>(?:'(?:[^']|'')*'!|[\p{L}_][\p{L}\p{N}_.]*!)?\$?[A-Za-z]{1,3}\$?\d{1,7}(?::\$?[A-Za-z]{1,3}\$?\d{1,7})?(?![\p{L}\p{N}_(])|[\p{L}_][\p{L}\p{N}_]*\[[^\]]*\]+)|(?<call>[\p{L}_][\p{L}\p{N}_.]*(?=\())|(?<error>#[\p{L}/0]+[!?]?)/gu;

interface Part {
  readonly kind: "text" | "place" | "call" | "error" | "plain";
  readonly text: string;
  readonly start: number;
}

export function formulaParts(formula: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of formula.matchAll(PARTS)) {
    if (match.index > end) parts.push({ kind: "plain", text: formula.slice(end, match.index), start: end });
    const groups = match.groups ?? {};
    const kind =
      (["text", "place", "call", "error"] as const).find((name) => groups[name] !== undefined) ?? "plain";
    parts.push({ kind, text: match[0], start: match.index });
    end = match.index + match[0].length;
  }
  if (end < formula.length) parts.push({ kind: "plain", text: formula.slice(end), start: end });
  return parts;
}

/** `formula` in en-US; shown in the language of Excel where the person wants that. */
export function FormulaText({ formula }: { formula: string }) {
  const { formulas } = usePane();
  return (
    <code className="formula" translate="no">
      {formulaParts(formulas.toLocal(formula)).map(({ kind, text, start }) => (
        <span key={start} className={`formula-${kind}`}>
          {text}
        </span>
      ))}
    </code>
  );
}
