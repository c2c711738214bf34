/** The queue: lines on one side, the trace of the chosen one on the other; all of it by keyboard. */

import { useCallback, useEffect, useRef, useState } from "react";
import { useAdmin } from "./context";
import { FilterBar } from "./FilterBar";
import { decimal, moment, person, rate, words } from "./format";
import { Problem, useDeed } from "./loading";
import { TraceView } from "./TraceView";
import type { Filters, LabelKind, Line, Trace } from "./wire";

const LABEL_KEYS: Readonly<Record<string, LabelKind>> = { g: "good", b: "bad", x: "exclude" };

export function QueueView() {
  const { api } = useAdmin();
  const [filters, setFilters] = useState<Filters>({});
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [nextBefore, setNextBefore] = useState<number | null>(null);
  const [isLoading, setLoading] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const deed = useDeed();
  const search = useRef<HTMLInputElement>(null);
  const note = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const asked = useRef(0);

  const load = useCallback(
    async (wanted: Filters, before: number | null) => {
      asked.current += 1;
      const turn = asked.current;
      setLoading(true);
      try {
        const page = await api.queue(wanted, before);
        if (turn !== asked.current) return;
        setProblem(null);
        setNextBefore(page.next_before);
        setLines((known) => (before === null ? page.lines : [...known, ...page.lines]));
        if (before === null) setChosen(page.lines[0]?.suggestion_id ?? null);
      } catch (error) {
        if (turn === asked.current) setProblem((error as Error).message);
      } finally {
        if (turn === asked.current) setLoading(false);
      }
    },
    [api],
  );
  useEffect(() => void load(filters, null), [load, filters]);

  const at = lines.findIndex(({ suggestion_id }) => suggestion_id === chosen);
  const step = (by: number) => {
    const next = lines[Math.min(lines.length - 1, Math.max(0, at + by))];
    if (!next) return;
    setChosen(next.suggestion_id);
    if (at + by >= lines.length - 3 && nextBefore !== null && !isLoading) void load(filters, nextBefore);
  };
  useEffect(() => {
    if (chosen === null) return;
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView?.({ block: "nearest" });
  }, [chosen]);

  const label = (kind: LabelKind) => {
    if (chosen === null || deed.isBusy) return;
    const text = note.current?.value.trim() ?? "";
    deed.run(async () => {
      const trace = await api.label(chosen, kind, text);
      if (note.current) note.current.value = "";
      setLines((known) => known.map((l) => (l.suggestion_id === chosen ? { ...l, label: kind } : l)));
      setLabelled(trace);
      setSaid(`Labelled ${kind}.`);
      step(1);
    });
  };
  const [labelled, setLabelled] = useState<Trace | null>(null);

  const keys = useRef((_event: KeyboardEvent) => {});
  keys.current = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (event.key === "Escape" && target.matches("input, select")) {
      target.blur();
      list.current?.focus();
      return;
    }
    if (target.matches("input, select, textarea")) return;
    const kind = LABEL_KEYS[event.key];
    if (kind) label(kind);
    else if (event.key === "j" || (event.key === "ArrowDown" && target === list.current)) step(1);
    else if (event.key === "k" || (event.key === "ArrowUp" && target === list.current)) step(-1);
    else if (event.key === "n") note.current?.focus();
    else if (event.key === "/") search.current?.focus();
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => keys.current(event);
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);

  return (
    <div className="queue">
      <FilterBar filters={filters} change={setFilters} search={search} />
      <Problem text={problem ?? deed.problem} />
      <p className="hidden" role="status">
        {said}
      </p>
      <div className="split">
        <section className="lines" aria-label="Outcomes">
          <div
            ref={list}
            role="listbox"
            tabIndex={0}
            aria-label="Outcomes, newest first"
            aria-activedescendant={chosen === null ? undefined : `line-${chosen}`}
          >
            {lines.map((line) => (
              <LineRow
                key={line.position}
                line={line}
                isChosen={line.suggestion_id === chosen}
                choose={() => {
                  setChosen(line.suggestion_id);
                  list.current?.focus();
                }}
              />
            ))}
          </div>
          {lines.length === 0 && (
            <p className="quiet empty">
              {isLoading
                ? "Loading…"
                : Object.keys(filters).length > 0
                  ? "Nothing fits these filters."
                  : "Nothing has been suggested yet."}
            </p>
          )}
          {nextBefore !== null && (
            <button type="button" disabled={isLoading} onClick={() => void load(filters, nextBefore)}>
              {isLoading ? "Loading…" : "Show more"}
            </button>
          )}
        </section>
        {chosen !== null && (
          <TraceView
            key={chosen}
            id={chosen}
            fresh={labelled?.suggestion_id === chosen ? labelled : null}
            label={label}
            isBusy={deed.isBusy}
            note={note}
          />
        )}
      </div>
    </div>
  );
}

function LineRow({ line, isChosen, choose }: { line: Line; isChosen: boolean; choose: () => void }) {
  const outcome = line.outcome || "undecided";
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox has the focus and the keys
    <div
      id={`line-${line.suggestion_id}`}
      role="option"
      tabIndex={-1}
      aria-selected={isChosen}
      className="queue-line"
      onClick={choose}
    >
      <span className="first">
        <code>{line.title || words(line.kind)}</code>
        {line.more > 0 && <span className="quiet">+{line.more}</span>}
      </span>
      <span className={`chip outcome-${outcome}`}>{words(outcome)}</span>
      <span className="second">
        {[line.target, line.workspace, person(line.user), moment(line.created)].filter(Boolean).join(" · ")}
      </span>
      <span className="figures">
        {line.label !== "" && <span className={`chip label-${line.label}`}>{line.label}</span>}
        {line.kept_rate !== null && <span title="kept at save">kept {rate(line.kept_rate)}</span>}
        <span title="P(accept)">P {decimal(line.p_accept)}</span>
      </span>
    </div>
  );
}
