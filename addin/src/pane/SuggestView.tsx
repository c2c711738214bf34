/** The main view: what is selected, what is suggested for it, what was done. */

import { areaAddress, height, width } from "../host/address";
import { isWireError } from "../host/values";
import type { Progress } from "../protocol/messages";
import { AppliedList } from "./Applied";
import { usePane } from "./context";
import { ExplanationPanel } from "./Explanation";
import { FormulaText } from "./FormulaText";
import { Icon } from "./icons";
import { SuggestionCard } from "./SuggestionCard";

export function SuggestView() {
  const { state } = usePane();
  return (
    <>
      <SelectionBar />
      {state.explanation && <ExplanationPanel />}
      <Suggestions />
      <AppliedList />
    </>
  );
}

function SelectionBar() {
  const { session, state, t } = usePane();
  const { selection } = state;
  if (!selection) return <p className="selection empty">{t("selection.none")}</p>;
  const { active, areas, sheet } = selection;
  const [area] = areas;
  const canAsk = state.line.kind === "online" && state.sync.kind === "ready";
  const isBroken = isWireError(active.value);
  return (
    <section className="selection" aria-label={t("selection.label")}>
      <div className="selection-place">
        <strong className="cell">{areas.length > 1 || !area ? active.address : areaAddress(area)}</strong>
        <span className="sheet" title={sheet}>
          {sheet}
        </span>
        {area && areas.length === 1 && (height(area) > 1 || width(area) > 1) && (
          <span className="size">{t("selection.size", { rows: height(area), columns: width(area) })}</span>
        )}
        {areas.length > 1 && <span className="size">{t("selection.areas", { count: areas.length })}</span>}
      </div>
      <div className="selection-content">
        {active.formula === null ? (
          <span className={active.text === "" ? "blank" : ""}>
            {active.text === "" ? t("selection.blank") : active.text}
          </span>
        ) : (
          <>
            <FormulaText formula={active.formula} />
            <span className={isBroken ? "value error" : "value"}>{active.text}</span>
          </>
        )}
      </div>
      <div className="selection-actions">
        <button
          type="button"
          className="small"
          disabled={!canAsk}
          title={t("selection.more.hint")}
          onClick={() => void session.suggestions.suggest()}
        >
          <Icon name="suggest" />
          {t("selection.more")}
        </button>
        {active.formula !== null && (
          <button
            type="button"
            className="small"
            disabled={!canAsk}
            aria-keyshortcuts="Alt+X"
            onClick={() => void session.inquiries.explain()}
          >
            <Icon name="question" />
            {t("selection.explain")}
          </button>
        )}
        {(active.formula !== null || active.text.startsWith("=")) && (
          <button
            type="button"
            className="small"
            disabled={!canAsk}
            onClick={() => void session.suggestions.fix()}
          >
            <Icon name="mend" />
            {t("selection.fix")}
          </button>
        )}
      </div>
    </section>
  );
}

function Suggestions() {
  const { session, state, t, say } = usePane();
  const { asked, cards } = state;
  if (!asked) {
    const isOff = state.settings?.suggests_on_selection === false && state.selection !== null;
    return isOff ? <p className="quietly">{t("suggest.off")}</p> : null;
  }
  const isFix = asked.kind === "repair";
  const [open, ...others] = [
    ...cards.filter(({ suggestion }) => suggestion.id === state.openCard),
    ...cards.filter(({ suggestion }) => suggestion.id !== state.openCard),
  ];
  return (
    <section className="suggestions" aria-label={t("suggest.list")} aria-busy={asked.status === "running"}>
      {isFix && <h2>{t("fix.title", { place: asked.place })}</h2>}
      {/* Above where nothing is there yet, below where it would push a card away under the pointer. */}
      {asked.status === "running" && !open && <Phase phase={asked.phase} />}
      {asked.status === "busy" && <p className="notice warning">{t("suggest.busy")}</p>}
      {asked.status === "failed" && (
        <p className="notice danger" role="alert">
          {say(asked.said)}
        </p>
      )}
      {asked.status === "done" && !open && asked.said && <p className="quietly">{say(asked.said)}</p>}
      {asked.status === "done" && !open && !asked.said && (
        <div className="silent">
          <p>{t(isFix ? "fix.none" : "suggest.silent", { place: asked.place })}</p>
          {asked.kind === "selection" && (
            <button type="button" className="small" onClick={() => void session.suggestions.suggest(true)}>
              {t("suggest.silent.more")}
            </button>
          )}
        </div>
      )}
      {open && (
        <ul className="cards">
          <SuggestionCard key={open.suggestion.id} card={open} isOpen />
          {others.map((card) => (
            <SuggestionCard key={card.suggestion.id} card={card} isOpen={false} />
          ))}
        </ul>
      )}
      {asked.status === "running" && open && <Phase phase={asked.phase} />}
    </section>
  );
}

function Phase({ phase }: { phase: Progress["phase"] | null }) {
  const { t } = usePane();
  return (
    <p className="phase">
      <span className="pulse" aria-hidden="true" />
      {t(`suggest.thinking.${phase ?? "context"}`)}
    </p>
  );
}
