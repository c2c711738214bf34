/** What every component of the pane needs: the session, its state, words and the language of formulas. */

import {
  createContext,
  type ReactNode,
  use,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import { type Translate, translator } from "../i18n";
import { english, type FormulaLocale, loadFormulaLocale } from "../i18n/formulas";
import type { PaneSession } from "./session";
import type { PaneState, Said } from "./state";

interface Pane {
  readonly session: PaneSession;
  readonly state: PaneState;
  readonly t: Translate;
  readonly say: (said: Said | null) => string;
  readonly formulas: FormulaLocale;
}

const PaneContext = createContext<Pane | null>(null);

export function PaneProvider({ session, children }: { session: PaneSession; children: ReactNode }) {
  const state = useSyncExternalStore(
    (changed) => session.store.changes.add(changed),
    () => session.state,
  );
  const t = useMemo(() => translator(session.host.language), [session]);
  const [local, setLocal] = useState<FormulaLocale>(english);
  useEffect(() => {
    let isCurrent = true;
    session.host
      .decimalSeparator()
      // A host that does not tell is taken by its language.
      .catch(() => null)
      .then((decimal) => loadFormulaLocale(session.host.formulaLanguage, decimal))
      .then((locale) => isCurrent && setLocal(locale))
      // Without the table formulas are shown in English, which Excel's help explains too.
      .catch(() => {});
    return () => {
      isCurrent = false;
    };
  }, [session]);
  const formulas = state.preferences.localFormulas ? local : english;
  const pane = useMemo<Pane>(
    () => ({ session, state, t, say: (said) => spoken(said, t), formulas }),
    [session, state, t, formulas],
  );
  return <PaneContext value={pane}>{children}</PaneContext>;
}

export function usePane(): Pane {
  const pane = use(PaneContext);
  if (!pane) throw new Error("expected a component inside PaneProvider");
  return pane;
}

/** A said message in words; a parameter that is itself a key (`verdict.verified`) is translated too. */
function spoken(said: Said | null, t: Translate): string {
  if (!said) return "";
  const parameters = { ...said.parameters };
  const { verdict } = parameters;
  if (typeof verdict === "string" && verdict.startsWith("verdict."))
    parameters.verdict = t(verdict as "verdict.verified");
  return t(said.key, parameters);
}
