/** One suggestion: folded to a line, or unfolded with its preview, its reason and what can be done with it. */

import { type KeyboardEvent, useEffect, useRef } from "react";
import { areaAddress, parsePlace } from "../host/address";
import { Cited } from "./Cited";
import { isDestructiveHere } from "./cards";
import { usePane } from "./context";
import { REJECT_REASONS } from "./decisions";
import { EditDetail } from "./EditLine";
import { editWords, readEditLine } from "./editWords";
import { FormulaText } from "./FormulaText";
import { Icon } from "./icons";
import { Preview } from "./Preview";
import type { Card } from "./state";
import { Confidence, VerdictBadge } from "./Verdict";

export function SuggestionCard({ card, isOpen }: { card: Card; isOpen: boolean }) {
  const { session, t, formulas } = usePane();
  const { suggestion, status } = card;
  const { id } = suggestion;
  const keys = useCardKeys(card);
  const title = formulas.toLocal(suggestion.title);
  return (
    // The whole card takes the keyboard: one stop of the Tab key, and its keys work wherever the focus is in it.
    <li
      className={`card${isOpen ? " open" : ""}${card.isStale ? " stale" : ""}`}
      data-suggestion={id}
      aria-label={t("card.label", { rank: suggestion.rank, title })}
      aria-busy={status.kind === "accepting"}
      tabIndex={isOpen ? 0 : -1}
      onKeyDown={keys}
    >
      {isOpen ? (
        <OpenCard card={card} />
      ) : (
        <button
          type="button"
          className="card-line"
          aria-expanded={false}
          onClick={() => session.suggestions.open(id)}
        >
          <Title card={card} />
          <VerdictBadge verdict={suggestion.verdict} />
        </button>
      )}
    </li>
  );
}

function Title({ card }: { card: Card }) {
  const { suggestion } = card;
  return suggestion.formula === null ? (
    <span className="card-title">{suggestion.title}</span>
  ) : (
    <FormulaText formula={suggestion.formula} />
  );
}

function OpenCard({ card }: { card: Card }) {
  const { session } = usePane();
  const { suggestion } = card;
  const sheet = parsePlace(suggestion.target)?.sheet;
  return (
    <>
      <div className="card-head">
        <VerdictBadge verdict={suggestion.verdict} />
        {suggestion.confidence !== null && <Confidence value={suggestion.confidence} />}
      </div>
      {card.draft === null ? <Title card={card} /> : <Draft card={card} />}
      {suggestion.edits.length > 1 && <PlanEdits card={card} />}
      <Preview suggestion={suggestion} />
      <Cited sentence={suggestion.reason} citations={suggestion.citations} within={sheet} />
      {suggestion.verdict.status !== "verified" && suggestion.verdict.why !== "" && (
        <p className="why">{suggestion.verdict.why}</p>
      )}
      <Warnings card={card} again={() => void session.suggestions.suggest(false)} />
      {card.draft === null && card.status.kind !== "conflict" && <Actions card={card} />}
    </>
  );
}

/** What stands between the card and its acceptance; `again` asks anew after a conflict. */
export function Warnings({ card, again }: { card: Card; again: () => void }) {
  const { session, t, say } = usePane();
  const { suggestion, status } = card;
  const { risks } = suggestion.verdict;
  return (
    <>
      {risks.length > 0 && (
        <div className="notice warning">
          <p>{t("card.risk", { risks: risks.join(", ") })}</p>
          <label>
            <input
              type="checkbox"
              checked={card.isRiskConfirmed}
              onChange={(event) => session.suggestions.confirmRisk(suggestion.id, event.target.checked)}
            />
            {t("card.risk.confirm")}
          </label>
        </div>
      )}
      {card.isStale && status.kind === "open" && <p className="notice warning">{t("card.stale")}</p>}
      {status.kind === "conflict" && (
        <div className="notice danger" role="alert">
          <p>{t("card.conflict", { places: status.places })}</p>
          <button type="button" className="small" onClick={again}>
            {t("card.conflict.again")}
          </button>
        </div>
      )}
      {status.kind === "failed" && (
        <p className="notice danger" role="alert">
          {say(status.said)}
        </p>
      )}
    </>
  );
}

function Actions({ card }: { card: Card }) {
  const { session, state, t, say } = usePane();
  const { suggestion, status, ticked } = card;
  const { id } = suggestion;
  const obstacle = session.decisions.obstacle(card);
  const isDisabled = obstacle !== null || status.kind === "accepting" || status.kind === "conflict";
  const count = ticked.filter(Boolean).length;
  const isPartial = ticked.length > 1 && count < ticked.length;
  const fillTo = card.fillTo ? parsePlace(card.fillTo) : null;
  const reason = obstacle && state.line.kind === "online" ? say(obstacle) : undefined;
  return (
    <div className="actions">
      <div className="actions-row">
        <button
          type="button"
          className="primary"
          disabled={isDisabled}
          title={reason}
          aria-keyshortcuts="Enter"
          onClick={() => void session.decisions.accept(id)}
        >
          <Icon name="check" />
          {status.kind === "accepting"
            ? t("card.accepting")
            : isPartial
              ? t("card.accept.ticked", { count, total: ticked.length })
              : t("card.accept")}
        </button>
        {fillTo && (
          <button
            type="button"
            disabled={isDisabled}
            aria-keyshortcuts="Shift+Enter"
            onClick={() => void session.decisions.accept(id, { fillTo: card.fillTo as string })}
          >
            <Icon name="down" />
            {t("card.fill", { place: areaAddress({ ...fillTo, top: fillTo.bottom, left: fillTo.right }) })}
          </button>
        )}
        {suggestion.formula !== null && (
          <button
            type="button"
            disabled={status.kind === "accepting"}
            aria-keyshortcuts="E"
            onClick={() => session.suggestions.draft(id, suggestion.formula)}
          >
            <Icon name="edit" />
            {t("card.edit")}
          </button>
        )}
      </div>
      <fieldset className="reject">
        <legend>{t("card.reject.title")}</legend>
        {REJECT_REASONS.map((why, index) => (
          <button
            key={why}
            type="button"
            className="quiet"
            aria-keyshortcuts={String(index + 1)}
            onClick={() => session.decisions.reject(id, why)}
          >
            <kbd>{index + 1}</kbd>
            {t(`reject.${why}`)}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

/** The formula in an input, in the person's language; Enter accepts it as edited. */
function Draft({ card }: { card: Card }) {
  const { session, t, formulas } = usePane();
  const { suggestion } = card;
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const cancel = () => session.suggestions.draft(suggestion.id, null);
  const accept = () => {
    const typed = field.current?.value.trim() ?? "";
    if (typed !== "") void session.decisions.accept(suggestion.id, { formula: formulas.fromLocal(typed) });
  };
  return (
    <div className="draft">
      <label htmlFor={`draft-${suggestion.id}`} className="hidden">
        {t("card.edit.label")}
      </label>
      <textarea
        id={`draft-${suggestion.id}`}
        ref={field}
        rows={2}
        spellCheck={false}
        autoComplete="off"
        defaultValue={formulas.toLocal(card.draft ?? "")}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault();
            accept();
          } else if (event.key === "Escape") cancel();
        }}
      />
      <div className="actions-row">
        <button
          type="button"
          className="primary"
          disabled={session.decisions.obstacle(card) !== null || card.status.kind === "accepting"}
          onClick={accept}
        >
          <Icon name="check" />
          {t("card.edit.accept")}
        </button>
        <button type="button" onClick={cancel}>
          {t("card.edit.cancel")}
        </button>
      </div>
    </div>
  );
}

/** The edits of a plan, each with its tick; what takes something away is never ticked beforehand. */
function PlanEdits({ card }: { card: Card }) {
  const { session, t } = usePane();
  const { suggestion } = card;
  const sheet = parsePlace(suggestion.target)?.sheet;
  return (
    <fieldset className="plan">
      <legend>{t("card.plan", { count: suggestion.edits.length })}</legend>
      {suggestion.edits.map((edit, index) => {
        const why = session.host.whyUnsupported(edit);
        const text = suggestion.edit_lines[index] ?? edit.type;
        const line = readEditLine(text, t);
        const isDestructive = isDestructiveHere(edit, suggestion.preview, session.host);
        return (
          // Two steps of a plan may read alike; their order tells them apart.
          // biome-ignore lint/suspicious/noArrayIndexKey: the list is never reordered
          <div key={index} className={why ? "step disabled" : "step"}>
            <label>
              <input
                type="checkbox"
                aria-label={editWords(text, t)}
                checked={card.ticked[index] ?? false}
                disabled={why !== null}
                onChange={(event) => session.suggestions.tick(suggestion.id, index, event.target.checked)}
              />
              {line.operation}
            </label>
            <EditDetail line={line} within={sheet} />
            {why && <small>{t(`card.plan.unsupported.${why}`)}</small>}
            {!why && isDestructive && <small className="destructive">{t("card.plan.destructive")}</small>}
          </div>
        );
      })}
    </fieldset>
  );
}

/** Enter, Shift+Enter, E, 1 to 4, arrows: only while the focus is in the card and not in a field. */
function useCardKeys(card: Card): (event: KeyboardEvent<HTMLElement>) => void {
  const { session, state } = usePane();
  return (event) => {
    const target = event.target as HTMLElement;
    const isField = target.matches("textarea, select, input:not([type=checkbox])");
    if (isField || event.ctrlKey || event.metaKey || event.altKey) return;
    const { id } = card.suggestion;
    const move = (step: number) => {
      const ids = state.cards.map(({ suggestion }) => suggestion.id);
      const next = ids[ids.indexOf(id) + step];
      if (next === undefined) return;
      session.suggestions.open(next);
      const list = target.closest("ul");
      requestAnimationFrame(() =>
        list?.querySelector<HTMLElement>(`[data-suggestion="${CSS.escape(next)}"]`)?.focus(),
      );
    };
    const reason = REJECT_REASONS[Number(event.key) - 1];
    const isOnCard = target === event.currentTarget;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && isOnCard && event.shiftKey && card.fillTo)
      void session.decisions.accept(id, { fillTo: card.fillTo });
    else if (event.key === "Enter" && isOnCard && !event.shiftKey) void session.decisions.accept(id);
    else if (event.key.toLowerCase() === "e" && card.suggestion.formula !== null)
      session.suggestions.draft(id, card.suggestion.formula);
    else if (reason) {
      // The card goes: the focus moves on to the next, so that the following key meets it.
      const list = target.closest("ul");
      session.decisions.reject(id, reason);
      requestAnimationFrame(() => list?.querySelector<HTMLElement>(".card.open")?.focus());
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
}
