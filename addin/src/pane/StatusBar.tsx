/** The state of the line and of the workbook's copy, and whether anything leaves this machine. */

import { useEffect, useState } from "react";
import { usePane } from "./context";
import { Icon } from "./icons";
import { privacyOf } from "./privacy";

export function PrivacyBadge() {
  const { state, t } = usePane();
  const privacy = privacyOf(state.preferences.server, state.line, state.welcome);
  const { host } = new URL(state.preferences.server);
  const icon = ({ local: "lock", remote: "cloud", unknown: "off" } as const)[privacy];
  return (
    <span className={`privacy privacy-${privacy}`} title={t(`privacy.${privacy}.detail`, { server: host })}>
      <Icon name={icon} />
      {t(`privacy.${privacy}`)}
      <span className="hidden">. {t(`privacy.${privacy}.detail`, { server: host })}</span>
    </span>
  );
}

export function StatusBar() {
  const { session, state, t } = usePane();
  const { line, sync } = state;
  const waiting = state.waitingOutcomes;
  if (line.kind === "refused") {
    return (
      <div className="status danger" role="alert">
        <strong>{t(`line.refused.${line.why}`)}</strong> {t(`line.refused.${line.why}.hint`)}
        <button type="button" className="small" onClick={() => session.show("settings")}>
          {t("tab.settings")}
        </button>
      </div>
    );
  }
  if (line.kind === "reconnecting") {
    return (
      <div className="status warning">
        <p>
          <strong>
            <Countdown until={line.retryAt} />
          </strong>{" "}
          {t("line.down")}
          {waiting > 0 && ` ${t("line.waiting", { count: waiting })}.`}
          {waiting > 0 && !state.isDurable && ` ${t("line.notDurable")}`}
        </p>
        <button type="button" className="small" onClick={() => session.retryNow()}>
          {t("line.retry")}
        </button>
      </div>
    );
  }
  if (line.kind !== "online") return <p className="status">{t(`line.${line.kind}`)}</p>;
  switch (sync.kind) {
    case "reading":
    case "sending": {
      const percent = sync.total === 0 ? 0 : Math.round((100 * sync.done) / sync.total);
      return (
        <div className="status">
          <label>
            {t(`sync.${sync.kind}`, { percent })}
            <progress max={100} value={percent} />
          </label>
        </div>
      );
    }
    case "too_large":
      return (
        <p className="status warning" role="alert">
          {t("sync.too_large", { cells: sync.cells, limit: sync.limit })}
        </p>
      );
    case "failed":
      return (
        <div className="status danger" role="alert">
          <p>{t("sync.failed", { message: sync.message })}</p>
          <button type="button" className="small" onClick={() => session.resync()}>
            {t("sync.again")}
          </button>
        </div>
      );
    default:
      return null;
  }
}

/** Seconds until the next try; a reader hears of the reconnection once and not of every second. */
function Countdown({ until }: { until: number }) {
  const { t } = usePane();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return <>{seconds > 0 ? t("line.reconnecting", { seconds }) : t("line.reconnecting.now")}</>;
}
