/** What would change, cell by cell: before and after, edited cells first, then those that follow from them. */

import { useState } from "react";
import { parsePlace } from "../host/address";
import type { PreviewCell, WireSuggestion } from "../protocol/messages";
import { usePane } from "./context";
import { FormulaText } from "./FormulaText";
import { Icon } from "./icons";
import { Place } from "./Place";

const SHOWN = 6;

export function Preview({
  suggestion,
}: {
  suggestion: Pick<WireSuggestion, "preview" | "verdict" | "target">;
}) {
  const { t } = usePane();
  const [withFormulas, setWithFormulas] = useState(false);
  const { preview, verdict } = suggestion;
  if (preview.length === 0) return null;
  const sheet = parsePlace(suggestion.target)?.sheet;
  const shown = preview.slice(0, SHOWN);
  const more = Math.max(verdict.changed_cells, preview.length) - shown.length;
  const hasFormulas = shown.some(
    ({ formula_before, formula_after }) => formula_before !== null || formula_after !== null,
  );
  return (
    <div className="preview">
      <table>
        <caption className="hidden">{t("card.preview")}</caption>
        <thead className="hidden">
          <tr>
            <th scope="col">{t("card.preview.cell")}</th>
            <th scope="col">{t("card.preview.before")}</th>
            <th scope="col">{t("card.preview.after")}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((cell) => (
            <PreviewRow key={cell.cell} cell={cell} sheet={sheet} withFormulas={withFormulas} />
          ))}
        </tbody>
      </table>
      {(more > 0 || (hasFormulas && shown.length > 1)) && (
        <p className="preview-more">
          {more > 0 && <span>{t("card.preview.more", { count: more })}</span>}
          {hasFormulas && shown.length > 1 && (
            <button
              type="button"
              className="link"
              aria-pressed={withFormulas}
              onClick={() => setWithFormulas(!withFormulas)}
            >
              {t("card.preview.show")}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

function PreviewRow({
  cell,
  sheet,
  withFormulas,
}: {
  cell: PreviewCell;
  sheet: string | undefined;
  withFormulas: boolean;
}) {
  const { t } = usePane();
  const isError = typeof cell.after === "object" && cell.after !== null;
  const after = cell.after_text === "" ? t("card.preview.blank") : cell.after_text;
  return (
    <tr className={cell.is_edited ? "edited" : "follows"}>
      <th scope="row">
        <Place place={cell.cell} within={sheet} />
      </th>
      <td className="before">
        {withFormulas && cell.formula_before !== null ? (
          <FormulaText formula={cell.formula_before} />
        ) : (
          <span className={cell.before_text === "" ? "blank" : ""}>
            {cell.before_text === "" ? t("card.preview.blank") : cell.before_text}
          </span>
        )}
      </td>
      <td className={isError ? "after error" : "after"}>
        <Icon name="arrow" />
        {withFormulas && cell.formula_after !== null ? (
          <FormulaText formula={cell.formula_after} />
        ) : (
          <span>{after}</span>
        )}
        {!cell.is_edited && <span className="hidden">, {t("card.preview.dependent")}</span>}
        {!cell.is_verified && (
          <span className="unverified" title={t("card.preview.unverified")}>
            ?<span className="hidden"> {t("card.preview.unverified")}</span>
          </span>
        )}
      </td>
    </tr>
  );
}
