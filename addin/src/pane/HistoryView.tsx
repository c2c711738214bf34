/** What was suggested and what became of it, as the server's store has it. */

import { usePane } from "./context";
import { HistoryLine } from "./EditLine";
import { editWords } from "./editWords";
import { Icon } from "./icons";
import { Place } from "./Place";

export function HistoryView() {
  const { session, state, t } = usePane();
  const { entries, status } = state.history;
  const dates = new Intl.DateTimeFormat(session.host.language, { dateStyle: "medium", timeStyle: "short" });
  const own = new Map(state.applied.map((item) => [item.suggestionId, item]));
  const takeBack = async (id: string, isOwn: boolean) => {
    if (isOwn) await session.decisions.takeBack(id);
    else if (await session.decisions.takeBackElsewhere(id)) await session.inquiries.loadHistory();
  };
  return (
    <section className="history" aria-label={t("tab.history")} aria-busy={status === "running"}>
      <div className="audit-bar">
        <button
          type="button"
          className="small"
          disabled={state.line.kind !== "online"}
          onClick={() => void session.inquiries.loadHistory()}
        >
          <Icon name="history" />
          {t("history.reload")}
        </button>
      </div>
      {entries.length === 0 && status !== "running" && <p className="quietly">{t("history.empty")}</p>}
      <ul className="entries">
        {entries.map((entry) => {
          const applied = own.get(entry.suggestion_id);
          return (
            <li key={entry.suggestion_id} className={`entry ${entry.outcome ?? "none"}`}>
              <div className="entry-head">
                <Place place={entry.target} />
                <span className="outcome">
                  {t(`history.outcome.${entry.outcome ?? "none"}`)}
                  {entry.reject_reason !== null && `: ${reasonWords(entry.reject_reason, t)}`}
                </span>
                <time dateTime={entry.created}>{dates.format(new Date(entry.created))}</time>
              </div>
              {entry.edit_lines.slice(0, 3).map((line) => (
                <HistoryLine key={line} text={line} at={entry.target} />
              ))}
              {(applied ? applied.status === "done" : entry.can_undo) && (
                <button
                  type="button"
                  className="small"
                  disabled={state.line.kind !== "online"}
                  aria-label={t("applied.undo.label", {
                    title: editWords(entry.edit_lines[0] ?? entry.target, t),
                  })}
                  onClick={() => void takeBack(entry.suggestion_id, applied !== undefined)}
                >
                  <Icon name="undo" />
                  {t("history.undo")}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const REASONS = ["wrong_result", "wrong_cells", "not_here", "too_complex"] as const;

function reasonWords(reason: string, t: ReturnType<typeof usePane>["t"]): string {
  const known = REASONS.find((item) => item === reason);
  return known ? t(`reject.${known}`) : reason;
}
