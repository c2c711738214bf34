/** The admin page: the token, the views, the keys. */

import { type FormEvent, type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { followTheme } from "../styles/theme";
import { AuditTrail } from "./AuditTrail";
import { Api, ApiError } from "./api";
import { AdminContext } from "./context";
import { GovernanceView } from "./GovernanceView";
import { ModelsView } from "./ModelsView";
import { PlotsView } from "./PlotsView";
import { QueueView } from "./QueueView";
import { ReviewersView } from "./ReviewersView";
import { TuningView } from "./TuningView";
import type { Me } from "./wire";

const VIEWS = {
  queue: ["Queue", QueueView],
  plots: ["Plots", PlotsView],
  reviewers: ["Reviewers", ReviewersView],
  tuning: ["Tuning", TuningView],
  models: ["Models", ModelsView],
  governance: ["Governance", GovernanceView],
  audit: ["Audit trail", AuditTrail],
} as const;
type ViewName = keyof typeof VIEWS;
const NAMES = Object.keys(VIEWS) as ViewName[];

interface AppProps {
  /** Of the page's address or of this tab's storage. */
  readonly token: string;
  readonly keep: (token: string) => void;
}

export function App({ token: first, keep }: AppProps) {
  const [token, setToken] = useState(first);
  const [me, setMe] = useState<Me | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const api = useMemo(() => new Api(token), [token]);
  useEffect(() => followTheme(document.documentElement, "system", undefined), []);
  useEffect(() => {
    if (token === "") return;
    let isCurrent = true;
    api
      .me()
      .then((who) => {
        if (!isCurrent) return;
        setMe(who);
        setProblem(null);
        keep(token);
      })
      .catch((error: Error) => {
        if (!isCurrent) return;
        setMe(null);
        setProblem(explained(error));
      });
    return () => {
      isCurrent = false;
    };
  }, [api, token, keep]);
  if (me === null)
    return <Door problem={problem} open={setToken} isWaiting={token !== "" && problem === null} />;
  return (
    <AdminContext value={{ api, me }}>
      <Page
        me={me}
        leave={() => {
          keep("");
          setToken("");
          setMe(null);
        }}
      />
    </AdminContext>
  );
}

function explained(error: Error): string {
  if (error instanceof ApiError && error.status === 401) return "The server does not know this token.";
  if (error instanceof ApiError && error.status === 403)
    return "This token is a user’s; the page is for administrators.";
  return error instanceof ApiError ? error.message : "The server cannot be reached.";
}

interface DoorProps {
  readonly problem: string | null;
  readonly open: (token: string) => void;
  readonly isWaiting: boolean;
}

function Door({ problem, open, isWaiting }: DoorProps) {
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    open(text.trim());
  };
  return (
    <main className="admin door">
      <h1>Cellwright administration</h1>
      <p>
        Paste an administrator’s token. <code>cellwright serve --admin</code> prints an address that has it.
      </p>
      <form onSubmit={submit}>
        <input
          type="password"
          aria-label="Administrator’s token"
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="primary" disabled={text.trim() === "" || isWaiting}>
          Open
        </button>
      </form>
      {problem !== null && (
        <p className="notice danger" role="alert">
          {problem}
        </p>
      )}
    </main>
  );
}

function Page({ me, leave }: { me: Me; leave: () => void }) {
  const [view, setView] = useState<ViewName>(
    () => NAMES.find((name) => location.hash === `#${name}`) ?? "queue",
  );
  const tabs = useRef<HTMLDivElement>(null);
  const go = (name: ViewName) => {
    setView(name);
    history.replaceState(null, "", `#${name}`);
  };
  const arrows = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = NAMES[(NAMES.indexOf(view) + by + NAMES.length) % NAMES.length];
    if (by === 0 || next === undefined) return;
    event.preventDefault();
    go(next);
    tabs.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  const [title, View] = VIEWS[view];
  useEffect(() => {
    document.title = `${title} · Cellwright administration`;
  }, [title]);
  return (
    <div className="admin">
      <header className="top">
        <h1>Cellwright</h1>
        <div ref={tabs} role="tablist" tabIndex={-1} aria-label="Views" onKeyDown={arrows}>
          {NAMES.map((name) => (
            <button
              key={name}
              id={`tab-${name}`}
              type="button"
              role="tab"
              aria-selected={name === view}
              aria-controls="view"
              tabIndex={name === view ? 0 : -1}
              onClick={() => go(name)}
            >
              {VIEWS[name][0]}
            </button>
          ))}
        </div>
        <span className="who">
          {me.name}
          <button type="button" className="small" onClick={leave}>
            Leave
          </button>
        </span>
      </header>
      <main>
        <div id="view" role="tabpanel" aria-labelledby={`tab-${view}`} tabIndex={-1}>
          <View />
        </div>
      </main>
    </div>
  );
}
