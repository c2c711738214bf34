/** The audit: a list of findings, worst first, that walks the workbook as one goes through it. */

import type { KeyboardEvent } from "react";
import type { Finding } from "../protocol/messages";
import { usePane } from "./context";
import { Icon } from "./icons";
import { Place } from "./Place";

export function AuditView() {
  const { session, state, t, say } = usePane();
  const { audit } = state;
  const canAsk = state.line.kind === "online" && state.sync.kind === "ready";
  const { findings } = audit;
  return (
    <section className="audit" aria-label={t("tab.audit")} aria-busy={audit.status === "running"}>
      {audit.status === "none" && <p className="quietly">{t("audit.intro")}</p>}
      <div className="audit-bar">
        <button
          type="button"
          className={audit.status === "none" ? "primary" : "small"}
          disabled={!canAsk || audit.status === "running"}
          onClick={() => void session.inquiries.audit()}
        >
          <Icon name="audit" />
          {t(audit.status === "none" ? "audit.run" : "audit.again")}
        </button>
        {audit.status === "running" && (
          <span className="phase">
            <span className="pulse" aria-hidden="true" />
            {t("audit.running", { done: audit.done, total: audit.total })}
          </span>
        )}
        {findings.length > 0 && (
          <div className="walk">
            <span>
              {audit.current < 0
                ? t("audit.count", { count: findings.length })
                : t("audit.position", { index: audit.current + 1, total: findings.length })}
            </span>
            <button
              type="button"
              className="small"
              disabled={audit.current <= 0}
              onClick={() => void session.inquiries.walkTo(audit.current - 1)}
            >
              {t("audit.previous")}
            </button>
            <button
              type="button"
              className="small"
              disabled={audit.current >= findings.length - 1}
              onClick={() => void session.inquiries.walkTo(audit.current + 1)}
            >
              {t("audit.next")}
            </button>
          </div>
        )}
      </div>
      {audit.status === "failed" && (
        <p className="notice danger" role="alert">
          {say(audit.said)}
        </p>
      )}
      {audit.status === "done" && findings.length === 0 && <p className="silent">{t("audit.clean")}</p>}
      <ul className="findings">
        {findings.map((finding, index) => (
          <FindingItem
            key={finding.index}
            finding={finding}
            index={index}
            isCurrent={index === audit.current}
          />
        ))}
      </ul>
    </section>
  );
}

function FindingItem({ finding, index, isCurrent }: { finding: Finding; index: number; isCurrent: boolean }) {
  const { session, t } = usePane();
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const items = event.currentTarget.closest("ul")?.querySelectorAll<HTMLElement>(".finding-line");
    items?.[index + step]?.focus();
    void session.inquiries.walkTo(index + step);
  };
  return (
    <li
      className={`finding ${finding.severity}${isCurrent ? " current" : ""}`}
      aria-current={isCurrent || undefined}
    >
      <button
        type="button"
        className="finding-line"
        onClick={() => void session.inquiries.walkTo(index)}
        onKeyDown={walk}
      >
        <span className="finding-head">
          <span className="severity">{t(`audit.severity.${finding.severity}`)}</span>
          <span className="finding-place">{finding.place ?? t("audit.workbook")}</span>
          {finding.count > 1 && <span className="size">{t("audit.cells", { count: finding.count })}</span>}
        </span>
        <span className="sentence">{finding.sentence}</span>
      </button>
      {isCurrent && (
        <div className="finding-more">
          {finding.related.length > 0 && (
            <span>
              {t("audit.related")}{" "}
              {finding.related.map((place) => (
                <Place key={place} place={place} />
              ))}
            </span>
          )}
          {finding.suggestion && (
            <button type="button" className="small" onClick={() => session.inquiries.mend(index)}>
              <Icon name="mend" />
              {t("audit.mend")}
            </button>
          )}
        </div>
      )}
    </li>
  );
}
