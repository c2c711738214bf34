/** The page: a bar, the grid, and the same pane that Excel shows beside it. */

import { type DragEvent, type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";
import type { MountedPane } from "../pane/mount";
import { type Books, BooksError, type OpenedBook, type Sample } from "./books";
import { focusGrid } from "./grid/accessible";
import { Grid } from "./grid/Grid";
import type { Stage, Staged } from "./grid/stage";
import { Limits } from "./Limits";
import { WORDS } from "./words";

const SUFFIX = /\.(xlsx|xlsm)$/i;
const LAST_BOOK = "cellwright.playground.book";
/** Where a sample has something to be suggested at once. */
const STARTS: Record<string, string> = {
  sales: "Report!E6",
  budget: "Summary!E5",
  meter: "Readings!D14",
  "project-plan": "Plan!F8",
};
const FIRST_SAMPLE = "sales";

interface Props {
  readonly books: Books;
  readonly stage: Stage;
  /** Puts the pane into an element, once there is a workbook for it. */
  readonly mount: (element: HTMLElement) => MountedPane;
}

type Notice = { readonly kind: "error" | "done"; readonly text: string };

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function Playground({ books, stage, mount }: Props) {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const [staged, setStaged] = useState<Staged | null>(null);
  const [busy, setBusy] = useState<string | null>(WORDS.loading);
  const [notice, setNotice] = useState<Notice | null>(null);
  const [isDropping, setDropping] = useState(false);
  const [areLimitsShown, showLimits] = useState(false);
  const picker = useRef<HTMLInputElement>(null);

  const show = useCallback(
    async (opening: Promise<OpenedBook>, start?: string) => {
      setBusy(WORDS.loading);
      setNotice(null);
      try {
        const book = await opening;
        setStaged(stage.open(book, start));
        sessionStorage.setItem(LAST_BOOK, book.info.workbook_id);
      } catch (error) {
        setNotice({ kind: "error", text: messageOf(error) });
      } finally {
        setBusy(null);
      }
    },
    [stage],
  );

  const openFiles = useCallback(
    (files: FileList | null) => {
      const file = files?.[0];
      if (file === undefined) return;
      if (files?.length !== 1) setNotice({ kind: "error", text: WORDS.severalFiles });
      else if (!SUFFIX.test(file.name)) setNotice({ kind: "error", text: WORDS.notAWorkbook });
      else void show(books.openFile(file));
    },
    [books, show],
  );

  const start = useCallback(async () => {
    try {
      const listed = await books.samples();
      setSamples(listed);
      const asked = new URLSearchParams(location.search).get("workbook");
      const last = asked ?? sessionStorage.getItem(LAST_BOOK);
      if (last !== null) {
        try {
          await show(books.reopen(last).catch(() => Promise.reject(new BooksError("gone", last))));
          if (stage.staged !== null) return;
        } catch {
          // The server was started anew; a sample is as good a beginning as any.
        }
      }
      const first = listed.find((sample) => sample.name === FIRST_SAMPLE) ?? listed[0];
      if (first !== undefined) await show(books.openSample(first.name), STARTS[first.name]);
    } catch (error) {
      setNotice({ kind: "error", text: messageOf(error) });
    } finally {
      setBusy(null);
    }
  }, [books, show, stage]);

  const slot = useRef<HTMLDivElement>(null);
  const pane = useRef<MountedPane | null>(null);
  useEffect(() => {
    if (staged !== null && pane.current === null && slot.current !== null) pane.current = mount(slot.current);
  }, [staged, mount]);

  const isStarted = useRef(false);
  useEffect(() => {
    if (isStarted.current) return;
    isStarted.current = true;
    void start();
  }, [start]);

  useEffect(
    () =>
      stage.onRemoteChange(async () => {
        const id = stage.keptWorkbook()?.id;
        if (id === undefined) return;
        try {
          const book = await books.reopen(id);
          if (stage.keptWorkbook()?.id === id) setStaged(stage.replace(book));
        } catch (error) {
          setNotice({ kind: "error", text: messageOf(error) });
        }
      }),
    [books, stage],
  );

  const save = useCallback(async () => {
    const kept = stage.keptWorkbook();
    if (kept === null) return;
    setBusy(WORDS.saving);
    setNotice(null);
    try {
      await pane.current?.session.settled();
      const file = await books.saved(kept.id);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = kept.name;
      link.click();
      URL.revokeObjectURL(link.href);
      const known = new Set((await books.info(kept.id)).sheets.map((sheet) => sheet.name));
      const unknown = stage.sheetNames().filter((name) => !known.has(name));
      const warning = unknown.length > 0 ? ` ${WORDS.notSaved(unknown.join(", "))}` : "";
      setNotice({ kind: unknown.length > 0 ? "error" : "done", text: WORDS.saved(kept.name) + warning });
    } catch (error) {
      setNotice({ kind: "error", text: messageOf(error) });
    } finally {
      setBusy(null);
    }
  }, [books, stage]);

  /** F6 goes round between the cells and the pane, as in Excel; the grid keeps Tab for itself. */
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "F6") return;
    event.preventDefault();
    const isInPane = slot.current?.contains(document.activeElement) ?? false;
    const grid = document.querySelector<HTMLElement>(".grid-root");
    if (isInPane && grid !== null) focusGrid(grid);
    else
      slot.current
        ?.querySelector<HTMLElement>('.cards > [tabindex], [role="tab"][aria-selected="true"]')
        ?.focus();
  };

  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setDropping(false);
    openFiles(event.dataTransfer.files);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping has a button beside it that does the same
    <div
      className="playground"
      onKeyDownCapture={onKeyDown}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={(event) => {
        if (event.currentTarget === event.target) setDropping(false);
      }}
      onDrop={onDrop}
    >
      <header className="bar">
        <h1>Cellwright</h1>
        <span className="book-name">{staged?.book.info.name ?? ""}</span>
        <span className="bar-actions">
          <input
            ref={picker}
            type="file"
            accept=".xlsx,.xlsm"
            hidden
            aria-label={WORDS.open}
            onChange={(event) => {
              openFiles(event.target.files);
              event.target.value = "";
            }}
          />
          <select
            aria-label={WORDS.samples}
            value=""
            onChange={(event) => void show(books.openSample(event.target.value), STARTS[event.target.value])}
          >
            <option value="" disabled>
              {WORDS.samples}
            </option>
            {samples.map((sample) => (
              <option key={sample.name} value={sample.name}>
                {sample.title}
              </option>
            ))}
          </select>
          <button type="button" onClick={() => picker.current?.click()}>
            {WORDS.open}
          </button>
          <button type="button" onClick={() => void save()} disabled={staged === null || busy !== null}>
            {WORDS.save}
          </button>
          <button type="button" className="quiet" onClick={() => showLimits(true)}>
            {WORDS.limits}
          </button>
        </span>
      </header>
      <p className={notice === null ? "notice empty" : `notice notice-${notice.kind}`} role="status">
        {notice?.text ?? ""}
      </p>
      <div className="stage">
        {staged === null ? (
          <p className="loading">{busy ?? ""}</p>
        ) : (
          <Grid key={staged.book.info.workbook_id} stage={stage} staged={staged} />
        )}
        <div ref={slot} className="pane-slot" />
      </div>
      {isDropping && <div className="drop">{WORDS.drop}</div>}
      {areLimitsShown && <Limits leftOut={staged?.book.leftOut ?? []} onClose={() => showLimits(false)} />}
    </div>
  );
}
