/** A sentence whose addresses select their cells; what is cited and not in the sentence follows it. */

import { Fragment } from "react";
import { areaAddress, parsePlace } from "../host/address";
import { usePane } from "./context";
import { Place } from "./Place";

interface Part {
  readonly text: string;
  /** The place that the text names, where it is a citation. */
  readonly place: string | null;
}

const ADDRESS =
  /(?:'(?:[^']|'')+'!|[\p{L}_][\p{L}\p{N}_.]*!)?\$?[A-Z]{1,3}\$?\d{1,7}(?::\$?[A-Z]{1,3}\$?\d{1,7})?(?![\p{L}\p{N}_(])/gu;

/** A place without `$`, the name of its sheet in one case: two spellings of one place are the same. */
function identity(place: string, sheet: string | undefined): string | null {
  const parsed = parsePlace(place, sheet);
  return parsed && `${parsed.sheet.toLowerCase()}!${areaAddress(parsed)}`;
}

/** The sentence in parts, and the citations that it does not name. */
export function citedParts(
  sentence: string,
  citations: readonly string[],
  sheet: string | undefined,
): { readonly parts: readonly Part[]; readonly rest: readonly string[] } {
  const cited = new Map(citations.map((place) => [identity(place, sheet), place]));
  const named = new Set<string>();
  const parts: Part[] = [];
  let end = 0;
  for (const match of sentence.matchAll(ADDRESS)) {
    const place = cited.get(identity(match[0], sheet));
    // Part of a longer word, or a place that the suggestion does not stand on.
    if (place === undefined || /[\p{L}\p{N}_]/u.test(sentence[match.index - 1] ?? "")) continue;
    if (match.index > end) parts.push({ text: sentence.slice(end, match.index), place: null });
    parts.push({ text: match[0], place });
    named.add(place);
    end = match.index + match[0].length;
  }
  if (end < sentence.length) parts.push({ text: sentence.slice(end), place: null });
  return { parts, rest: citations.filter((place) => !named.has(place)) };
}

const SHOWN = 8;

/** `within`: the sheet that goes without saying. */
export function Cited({
  sentence,
  citations,
  within,
}: {
  readonly sentence: string;
  readonly citations: readonly string[];
  readonly within: string | undefined;
}) {
  const { t } = usePane();
  const { parts, rest } = citedParts(sentence, citations, within);
  return (
    <p className="reason">
      {parts.map(({ text, place }, index) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence, never reordered
        place === null ? text : <Place key={index} place={place} within={within} />,
      )}
      {rest.slice(0, SHOWN).map((place) => (
        <Fragment key={place}>
          {" "}
          <Place place={place} within={within} />
        </Fragment>
      ))}
      {rest.length > SHOWN && (
        <span className="quietly">{t("card.citations.more", { count: rest.length - SHOWN })}</span>
      )}
    </p>
  );
}
