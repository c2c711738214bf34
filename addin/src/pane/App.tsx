/** The pane: header, views, live region and the keys that work everywhere in it. */

import { Component, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { followTheme } from "../styles/theme";
import { AskView } from "./AskView";
import { AuditView } from "./AuditView";
import { PaneProvider, usePane } from "./context";
import { HistoryView } from "./HistoryView";
import { Icon, type IconName } from "./icons";
import { Keys } from "./Keys";
import { SettingsView } from "./SettingsView";
import { PrivacyBadge, StatusBar } from "./StatusBar";
import { SuggestView } from "./SuggestView";
import type { PaneSession } from "./session";
import type { Tab } from "./state";

const TABS: readonly (readonly [Tab, IconName])[] = [
  ["suggest", "suggest"],
  ["ask", "ask"],
  ["audit", "audit"],
  ["history", "history"],
  ["settings", "settings"],
];

export interface AppProps {
  readonly session: PaneSession;
  /** Background of the window that the pane sits in, where it says so. */
  readonly officeBackground?: string | undefined;
}

export function App({ session, officeBackground }: AppProps) {
  return (
    <PaneProvider session={session}>
      <Boundary>
        <Pane officeBackground={officeBackground} />
      </Boundary>
    </PaneProvider>
  );
}

function Pane({ officeBackground }: { officeBackground: string | undefined }) {
  const { session, state, t, say } = usePane();
  const [isShowingKeys, setShowingKeys] = useState(false);
  const { theme } = state.preferences;
  useEffect(() => followTheme(document.documentElement, theme, officeBackground), [theme, officeBackground]);

  // Keys that work wherever the focus is in the pane; each of them has a button too.
  const pane = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = pane.current;
    const keys = (event: globalThis.KeyboardEvent) => {
      const isField = (event.target as HTMLElement).matches("input, textarea, select");
      if (event.altKey && event.code === "KeyZ") session.decisions.undoLast();
      else if (event.altKey && event.code === "KeyX") void session.inquiries.explain();
      else if (event.key === "?" && !isField) setShowingKeys(true);
      else return;
      event.preventDefault();
    };
    element?.addEventListener("keydown", keys);
    return () => element?.removeEventListener("keydown", keys);
  }, [session]);

  // In the playground the page's main part is the grid.
  const Body = session.host.kind === "excel" ? "main" : "div";
  return (
    <div className="pane" ref={pane}>
      <header className="header">
        <div className="header-line">
          <h1 title={state.workbook}>{state.workbook || t("app.name")}</h1>
          <PrivacyBadge />
          <button
            type="button"
            className="quiet icon-only"
            aria-label={t("keys.title")}
            title={t("keys.title")}
            onClick={() => setShowingKeys(true)}
          >
            <Icon name="keyboard" />
          </button>
        </div>
        <Tabs />
      </header>
      <StatusBar />
      <Body>
        <div id="view" className="view" role="tabpanel" aria-labelledby={`tab-${state.tab}`} tabIndex={-1}>
          {state.fault && (
            <p className="notice danger" role="alert">
              {say(state.fault)}
            </p>
          )}
          {state.tab === "suggest" && <SuggestView />}
          {state.tab === "ask" && <AskView />}
          {state.tab === "audit" && <AuditView />}
          {state.tab === "history" && <HistoryView />}
          {state.tab === "settings" && <SettingsView />}
        </div>
      </Body>
      <p className="hidden" role="status" aria-live="polite">
        {say(state.announcement)}
      </p>
      {isShowingKeys && <Keys onClose={() => setShowingKeys(false)} />}
    </div>
  );
}

function Tabs() {
  const { session, state, t } = usePane();
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const index = TABS.findIndex(([tab]) => tab === state.tab);
    const [next] = TABS[(index + step + TABS.length) % TABS.length] ?? ["suggest" as const];
    session.show(next);
    document.getElementById(`tab-${next}`)?.focus();
    event.preventDefault();
  };
  return (
    <div className="tabs" role="tablist" aria-label={t("tab.label")} onKeyDown={move} tabIndex={-1}>
      {TABS.map(([tab, icon]) => (
        <button
          key={tab}
          id={`tab-${tab}`}
          type="button"
          role="tab"
          aria-selected={state.tab === tab}
          aria-controls="view"
          tabIndex={state.tab === tab ? 0 : -1}
          onClick={() => session.show(tab)}
        >
          <Icon name={icon} />
          {t(`tab.${tab}`)}
          {tab === "audit" && state.audit.findings.length > 0 && (
            <span className="count">{state.audit.findings.length}</span>
          )}
        </button>
      ))}
    </div>
  );
}

/** A fault in a component shows what happened and a way on, instead of an empty pane. */
class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children;
  }
}

function Broken({ error }: { error: Error }) {
  const { t } = usePane();
  return (
    <div className="broken" role="alert">
      <p>{t("error.unexpected", { detail: error.message })}</p>
      <button type="button" className="primary" onClick={() => location.reload()}>
        {t("error.reload")}
      </button>
    </div>
  );
}
