/** Ask: the conversation, each request with its steps, its answer or a question back, and a box for the next. */

import { type KeyboardEvent, useEffect, useRef } from "react";
import { parsePlace } from "../host/address";
import type { WireStep } from "../protocol/messages";
import { AppliedItem } from "./Applied";
import { Cited } from "./Cited";
import { usePane } from "./context";
import { REJECT_REASONS } from "./decisions";
import { EditDetail } from "./EditLine";
import { readEditLine } from "./editWords";
import { FormulaText } from "./FormulaText";
import { Icon } from "./icons";
import { Preview } from "./Preview";
import { Warnings } from "./SuggestionCard";
import type { AskOutcome, Card, Exchange } from "./state";
import { VerdictBadge } from "./Verdict";

const EXAMPLES = [
  "Which region has the highest total?",
  "Sort by date, newest first",
  "Make the header bold",
];
const UNSURE = 0.6;

export function AskView() {
  const { state, t } = usePane();
  const end = useRef<HTMLDivElement>(null);
  const { length } = state.exchanges;
  const last = state.exchanges.at(-1);
  const progress = `${length} ${last?.steps.length} ${last?.status}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what comes new is scrolled to
  useEffect(() => {
    // Newer browsers give a promise back, which is no way to end an effect.
    void end.current?.scrollIntoView({ block: "nearest" });
  }, [progress]);
  return (
    <section className="ask" aria-label={t("tab.ask")}>
      {length === 0 && <Intro />}
      <ol className="exchanges">
        {state.exchanges.map((exchange) => (
          <ExchangeItem key={exchange.id} exchange={exchange} />
        ))}
      </ol>
      <div ref={end} />
      <Composer />
    </section>
  );
}

function Intro() {
  const { session, t } = usePane();
  return (
    <div className="ask-intro">
      <p>{t("ask.intro")}</p>
      <h2>{t("ask.examples")}</h2>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example}>
            <button type="button" className="link" onClick={() => void session.asking.ask(example)}>
              {example}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Composer() {
  const { session, state, t } = usePane();
  const field = useRef<HTMLTextAreaElement>(null);
  const isRunning = state.exchanges.at(-1)?.status === "running";
  const canAsk = state.line.kind === "online" && state.sync.kind === "ready";
  const place = session.store.selectedPlace();
  const send = () => {
    const text = field.current?.value ?? "";
    if (text.trim() === "" || isRunning || !canAsk) return;
    if (field.current) field.current.value = "";
    void session.asking.ask(text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && isRunning) session.asking.cancel();
  };
  return (
    <div className="composer">
      <label className="hidden" htmlFor="ask-request">
        {t("ask.label")}
      </label>
      <textarea
        id="ask-request"
        ref={field}
        rows={2}
        maxLength={4000}
        placeholder={t("ask.placeholder")}
        onKeyDown={onKeyDown}
      />
      <div className="actions-row">
        {place !== null && <span className="quietly about">{t("ask.about", { place })}</span>}
        {state.exchanges.length > 0 && !isRunning && (
          <button type="button" className="quiet small" onClick={() => session.asking.forget()}>
            {t("ask.new")}
          </button>
        )}
        {isRunning ? (
          <button type="button" className="small" onClick={() => session.asking.cancel()}>
            <Icon name="close" />
            {t("ask.stop")}
          </button>
        ) : (
          <button type="button" className="primary small" disabled={!canAsk} onClick={send}>
            <Icon name="send" />
            {t("ask.send")}
          </button>
        )}
      </div>
    </div>
  );
}

function ExchangeItem({ exchange }: { exchange: Exchange }) {
  const { t, say } = usePane();
  const { outcome, status } = exchange;
  return (
    <li className="exchange" aria-busy={status === "running"}>
      <p className="request">
        <span className="hidden">{t("ask.you", { request: "" })}</span>
        {exchange.request}
      </p>
      {outcome === null && exchange.steps.length > 0 && (
        <ol className="steps-so-far">
          {exchange.steps.map((step) => (
            <li key={step.number}>
              {step.title} <VerdictBadge verdict={step.verdict} />
            </li>
          ))}
        </ol>
      )}
      {status === "running" && outcome === null && (
        <p className="phase">
          <span className="pulse" aria-hidden="true" />
          {t(exchange.phase === "model" ? "suggest.thinking.model" : "ask.reading")}
        </p>
      )}
      {exchange.warning !== "" && <p className="notice warning">{exchange.warning}</p>}
      {status === "cancelled" && <p className="quietly">{t("ask.cancelled")}</p>}
      {status === "failed" && (
        <p className="notice danger" role="alert">
          {say(exchange.said)}
        </p>
      )}
      {outcome?.kind === "plan" && <PlanOutcome exchange={exchange} outcome={outcome} />}
      {outcome?.kind === "answer" && <AnswerOutcome exchange={exchange} outcome={outcome} />}
      {outcome?.kind === "question" && <QuestionOutcome outcome={outcome} />}
    </li>
  );
}

function PlanOutcome({
  exchange,
  outcome,
}: {
  exchange: Exchange;
  outcome: Extract<AskOutcome, { kind: "plan" }>;
}) {
  const { session, state, t } = usePane();
  const { card, leftOut, isRejected } = outcome;
  const applied = state.applied.find((item) => item.suggestionId === card.suggestion.id);
  const isOpen = !applied && !isRejected;
  return (
    <div className="outcome-plan">
      <fieldset className="plan">
        <legend>{t("ask.steps", { count: exchange.steps.length })}</legend>
        {exchange.steps.map((step) => (
          <StepItem key={step.number} exchange={exchange} step={step} card={card} isOpen={isOpen} />
        ))}
      </fieldset>
      {leftOut.map((part) => (
        <p key={part} className="notice warning">
          {t("ask.leftOut", { part })}
        </p>
      ))}
      {isRejected && <p className="quietly">{t("rejected.other")}</p>}
      {applied && (
        <ul>
          <AppliedItem item={applied} />
        </ul>
      )}
      {isOpen && <Warnings card={card} again={() => void session.asking.ask(exchange.request)} />}
      {isOpen && card.status.kind !== "conflict" && <PlanActions exchange={exchange} card={card} />}
    </div>
  );
}

function PlanActions({ exchange, card }: { exchange: Exchange; card: Card }) {
  const { session, t } = usePane();
  const isAccepting = card.status.kind === "accepting";
  const count = exchange.steps.filter((step) => isStepTicked(step, card)).length;
  return (
    <div className="actions">
      <div className="actions-row">
        <button
          type="button"
          className="primary"
          disabled={isAccepting || session.decisions.obstacle(card) !== null}
          title={count === 0 ? t("ask.none") : undefined}
          onClick={() => void session.decisions.accept(card.suggestion.id)}
        >
          <Icon name="check" />
          {isAccepting ? t("card.accepting") : t("ask.accept", { count })}
        </button>
      </div>
      <fieldset className="reject">
        <legend>{t("card.reject.title")}</legend>
        {REJECT_REASONS.map((why) => (
          <button
            key={why}
            type="button"
            className="quiet"
            onClick={() => session.asking.reject(exchange, why)}
          >
            {t(`reject.${why}`)}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

const isStepTicked = (step: WireStep, card: Card) =>
  step.edits.length > 0 && step.edits.every((index) => card.ticked[index]);

function StepItem({
  exchange,
  step,
  card,
  isOpen,
}: {
  exchange: Exchange;
  step: WireStep;
  card: Card;
  isOpen: boolean;
}) {
  const { session, t } = usePane();
  const edits = step.edits.flatMap((index) => card.suggestion.edits[index] ?? []);
  const why = edits.map((edit) => session.host.whyUnsupported(edit)).find((reason) => reason !== null);
  const target = step.preview[0]?.cell ?? step.citations[0] ?? card.suggestion.target;
  const sheet = parsePlace(target)?.sheet;
  return (
    <div className={why ? "step disabled" : "step"}>
      <label>
        <input
          type="checkbox"
          checked={isStepTicked(step, card)}
          disabled={!isOpen || why !== undefined}
          onChange={(event) => session.asking.tick(exchange, step.edits, event.target.checked)}
        />
        {step.title}
      </label>
      <VerdictBadge verdict={step.verdict} />
      {step.destroys !== "" && (
        <small className="destructive">{t("ask.destroys", { what: step.destroys })}</small>
      )}
      {why && <small>{t(`card.plan.unsupported.${why}`)}</small>}
      <details>
        <summary>{t("ask.details")}</summary>
        <ul className="edit-lines">
          {step.edit_lines.map((text, index) => {
            const line = readEditLine(text, t);
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: the list is never reordered
              <li key={index} className="edit-line">
                <span className="operation">{line.operation}</span>
                <EditDetail line={line} within={sheet} />
              </li>
            );
          })}
        </ul>
        <Preview suggestion={{ preview: step.preview, verdict: step.verdict, target }} />
      </details>
    </div>
  );
}

type AnswerOf = Extract<AskOutcome, { kind: "answer" }>;

/** The way from an answer into the sheet: its formula in the active cell, previewed, written, taken back. */
function Writing({ exchange, outcome: { card, said } }: { exchange: Exchange; outcome: AnswerOf }) {
  const { session, state, t, say } = usePane();
  const place = state.selection?.active.address;
  const canWrite = state.line.kind === "online" && state.sync.kind === "ready" && place !== undefined;
  const applied = state.applied.find((item) => item.suggestionId === card?.suggestion.id);
  const again = () => void session.asking.write(exchange);
  if (applied)
    return (
      <ul>
        <AppliedItem item={applied} />
      </ul>
    );
  if (card === null)
    return (
      <>
        {said && (
          <p className="notice danger" role="alert">
            {say(said)}
          </p>
        )}
        <div className="actions-row">
          <button type="button" className="small" disabled={!canWrite} onClick={again}>
            <Icon name="edit" />
            {t("ask.write", { place: place ?? "" })}
          </button>
        </div>
      </>
    );
  return (
    <div className="writing">
      <VerdictBadge verdict={card.suggestion.verdict} />
      <Preview suggestion={card.suggestion} />
      <Warnings card={card} again={again} />
      <div className="actions-row">
        <button
          type="button"
          className="primary small"
          disabled={card.status.kind === "accepting" || session.decisions.obstacle(card) !== null}
          onClick={() => void session.decisions.accept(card.suggestion.id)}
        >
          <Icon name="check" />
          {card.status.kind === "accepting" ? t("card.accepting") : t("card.accept")}
        </button>
        <button type="button" className="small" onClick={() => session.asking.dropWriting(exchange)}>
          {t("card.edit.cancel")}
        </button>
      </div>
    </div>
  );
}

function AnswerOutcome({ exchange, outcome }: { exchange: Exchange; outcome: AnswerOf }) {
  const { session, t } = usePane();
  const { answer, isRight } = outcome;
  const percent = Math.round(answer.confidence * 100);
  return (
    <div className="outcome-answer">
      {answer.formula !== null && answer.value !== "" && <p className="answer">{answer.value}</p>}
      <p>{answer.text}</p>
      {answer.formula !== null && (
        <>
          {answer.confidence < UNSURE && <p className="why">{t("ask.unsure", { percent })}</p>}
          <p className="label">{t("ask.formula")}</p>
          <FormulaText formula={answer.formula} />
          <Cited sentence={t("ask.from")} citations={answer.citations} within={undefined} />
          <Writing exchange={exchange} outcome={outcome} />
          {isRight === null ? (
            <div className="actions-row">
              <button type="button" className="small" onClick={() => session.asking.judge(exchange, true)}>
                <Icon name="check" />
                {t("ask.right")}
              </button>
              <button type="button" className="small" onClick={() => session.asking.judge(exchange, false)}>
                <Icon name="close" />
                {t("ask.wrong")}
              </button>
            </div>
          ) : (
            <p className="quietly">{t("ask.judged")}</p>
          )}
        </>
      )}
    </div>
  );
}

function QuestionOutcome({ outcome: { question } }: { outcome: Extract<AskOutcome, { kind: "question" }> }) {
  const { session, state } = usePane();
  const isRunning = state.exchanges.at(-1)?.status === "running";
  return (
    <div className="outcome-question">
      <p>{question.text}</p>
      <div className="choices">
        {question.choices.map((choice) => (
          <button
            key={choice.request}
            type="button"
            disabled={isRunning}
            title={choice.request}
            onClick={() => void session.asking.ask(choice.request)}
          >
            {choice.label}
          </button>
        ))}
      </div>
    </div>
  );
}
