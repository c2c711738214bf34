/** What was written in this session, the newest first, each with its own exact undo. */

import { usePane } from "./context";
import { Icon } from "./icons";
import { Place } from "./Place";
import type { Applied } from "./state";

const SHOWN = 5;

export function AppliedList() {
  const { state, t } = usePane();
  if (state.applied.length === 0) return null;
  return (
    <section className="applied" aria-label={t("applied.title")}>
      <h2>{t("applied.title")}</h2>
      <ul>
        {state.applied.slice(0, SHOWN).map((item) => (
          <AppliedItem key={item.suggestionId} item={item} />
        ))}
      </ul>
    </section>
  );
}

export function AppliedItem({ item }: { item: Applied }) {
  const { session, t, say, formulas } = usePane();
  const isFormula = item.title.startsWith("=");
  const title = isFormula ? formulas.toLocal(item.title) : item.title;
  return (
    <li className={`applied-item ${item.status}`}>
      <div className="applied-line">
        <Place place={item.place} />
        <span className={isFormula ? "applied-title formula" : "applied-title"}>{title}</span>
        {(item.status === "done" || item.status === "failed") && (
          <button
            type="button"
            className="small"
            aria-label={t("applied.undo.label", { title })}
            onClick={() => void session.decisions.takeBack(item.suggestionId)}
          >
            <Icon name="undo" />
            {t("applied.undo")}
          </button>
        )}
      </div>
      {item.status === "undoing" && <p>{t("applied.undoing")}</p>}
      {item.status === "undone" && <p>{t("applied.undone")}</p>}
      {item.status === "failed" && (
        <p className="notice danger" role="alert">
          {say(item.said)}
        </p>
      )}
      {item.status === "changed" && (
        <div className="notice warning" role="alert">
          <p>{t("applied.undo.changed", { places: item.places })}</p>
          <div className="actions-row">
            <button
              type="button"
              className="small"
              onClick={() => void session.decisions.takeBack(item.suggestionId, true)}
            >
              {t("applied.undo.force")}
            </button>
            <button type="button" className="small" onClick={() => session.decisions.keep(item.suggestionId)}>
              {t("applied.undo.keep")}
            </button>
          </div>
        </div>
      )}
      {item.status === "done" &&
        item.losses.map((loss) => (
          <p key={loss} className="loss">
            {t(`applied.losses.${loss}`)}
          </p>
        ))}
    </li>
  );
}
