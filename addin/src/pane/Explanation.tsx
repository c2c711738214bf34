/** A formula in words: a sentence, its steps with their values, what it reads and what reads it. */

import { usePane } from "./context";
import { FormulaText } from "./FormulaText";
import { Icon } from "./icons";
import { Place } from "./Place";

export function ExplanationPanel() {
  const { session, state, t, say } = usePane();
  const shown = state.explanation;
  if (!shown) return null;
  const { explanation } = shown;
  return (
    <section
      className="explanation"
      aria-label={t("explain.title", { place: shown.place })}
      aria-busy={shown.status === "running"}
    >
      <header>
        <h2>{t("explain.title", { place: shown.place })}</h2>
        <button
          type="button"
          className="quiet icon-only"
          aria-label={t("explain.close")}
          onClick={() => session.inquiries.closeExplanation()}
        >
          <Icon name="close" />
        </button>
      </header>
      {shown.status === "running" && (
        <p className="phase">
          <span className="pulse" aria-hidden="true" />
          {t("suggest.thinking.context")}
        </p>
      )}
      {shown.status === "failed" && (
        <p className="notice danger" role="alert">
          {say(shown.said)}
        </p>
      )}
      {explanation && (
        <>
          <p className="summary">{explanation.summary}</p>
          {explanation.steps.length > 0 && (
            <>
              <h3>{t("explain.steps")}</h3>
              <ol className="steps">
                {explanation.steps.map((step, index) => (
                  // Two parts of a formula may read alike; their order tells them apart.
                  // biome-ignore lint/suspicious/noArrayIndexKey: the list is never reordered
                  <li key={index}>
                    <FormulaText formula={step.text} />
                    <span className="step-words">{step.words}</span>
                    <span className="step-value">
                      {step.has_value ? step.value_text : t("explain.unknown")}
                    </span>
                  </li>
                ))}
              </ol>
            </>
          )}
          {explanation.inputs.length > 0 && (
            <>
              <h3>{t("explain.inputs")}</h3>
              <ul className="inputs">
                {explanation.inputs.map((input) => (
                  <li key={input.text}>
                    {input.place ? <Place place={input.place} /> : <code>{input.text}</code>}
                    <span>{input.name ?? input.note}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
          {explanation.dependents.length > 0 && (
            <>
              <h3>{t("explain.dependents")}</h3>
              <ul className="inputs">
                {explanation.dependents.map((dependent) => (
                  <li key={dependent.place}>
                    <Place place={dependent.place} />
                    <span>{dependent.name ?? t("explain.dependents.cells", { count: dependent.count })}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
          {explanation.notes.length > 0 && (
            <>
              <h3>{t("explain.notes")}</h3>
              <ul className="notes">
                {explanation.notes.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
    </section>
  );
}
