/** Loading from the server: what came, what went wrong, and asking again. */

import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";

export interface Loaded<T> {
  readonly value: T | null;
  readonly problem: string | null;
  reload(): void;
  set(value: T): void;
}

/** Loads when a key changes; an answer to an older key is dropped. */
export function useLoaded<T>(load: () => Promise<T>, key: string): Loaded<T> {
  const [state, setState] = useState<{ value: T | null; problem: string | null }>({
    value: null,
    problem: null,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  // biome-ignore lint/correctness/useExhaustiveDependencies: key and turn say when to load
  useEffect(() => {
    let isCurrent = true;
    latest
      .current()
      .then((value) => isCurrent && setState({ value, problem: null }))
      .catch((error: Error) => isCurrent && setState(({ value }) => ({ value, problem: error.message })));
    return () => {
      isCurrent = false;
    };
  }, [key, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const set = useCallback((value: T) => setState({ value, problem: null }), []);
  return { ...state, reload, set };
}

/** What was loaded, or in its place that it is on its way or failed. */
export function Ready<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ReactNode }) {
  return (
    <>
      {of.problem !== null && (
        <p className="notice danger" role="alert">
          {of.problem}{" "}
          <button type="button" className="small" onClick={of.reload}>
            Try again
          </button>
        </p>
      )}
      {of.value === null ? of.problem === null && <p className="quiet">Loading…</p> : children(of.value)}
    </>
  );
}

/** A deed of the person: runs it, tells what went wrong. */
export function useDeed(): { problem: string | null; isBusy: boolean; run(work: () => Promise<void>): void } {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    work()
      .catch((error: Error) => setProblem(error.message))
      .finally(() => setBusy(false));
  };
  return { problem, isBusy, run };
}

export function Problem({ text }: { text: string | null }) {
  return text === null ? null : (
    <p className="notice danger" role="alert">
      {text}
    </p>
  );
}
