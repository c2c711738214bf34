/**
 * Custom functions of the shared runtime: `=CELLWRIGHT.ASK(prompt, range)` and `=CELLWRIGHT.SUGGEST(range)`.
 *
 * Both stream: the cell fills when the answer comes and is told when it cannot come. ASK answers questions and
 * changes nothing: of a request for a change the cell says where that belongs.
 */

import { RequestError, type Stream } from "../client/client";
import { newId } from "../client/ids";
import { type Translate, translator } from "../i18n";
import type { PaneSession } from "../pane/session";
import type { Answer, ServerMessage, WireSuggestion } from "../protocol/messages";
import { FUNCTIONS } from "./ids";

/** What Excel hands to a streaming function as its last parameter. */
export interface StreamingInvocation {
  readonly parameterAddresses?: string[];
  setResult(result: unknown): void;
  onCanceled: () => void;
}

/** The runtime of custom functions, as far as it is used; it is there only where Excel runs them. */
declare const CustomFunctions:
  | {
      associate(id: string, implementation: (...parameters: never[]) => void): void;
      readonly Error: new (code: string, message?: string) => Error;
      readonly ErrorCode: { readonly notAvailable: string };
    }
  | undefined;

type Connected = Pick<PaneSession, "connection" | "store">;
type Finish = (answer: string | number | boolean | Error) => void;

const PATIENCE_MS = 15_000;

export function askFunction(session: Connected, t: Translate) {
  return (prompt: string, _range: unknown, invocation: StreamingInvocation): void => {
    const target = invocation.parameterAddresses?.[1] || null;
    whenConnected(session, t, invocation, (finish) => {
      const connection = session.connection();
      if (!connection) return null;
      const { client, workbookId, revision } = connection;
      const id = newId();
      let answer: string | number | Error = new Error(t("functions.noAnswer", { text: "" }));
      return follow(
        client.stream(
          { type: "ask", id, workbook_id: workbookId, revision, text: prompt, place: target },
          id,
          (message) => {
            if (message.type === "answer") answer = answerOf(message, t);
            else if (message.type === "asked_plan") answer = new Error(t("functions.notAQuestion"));
            else if (message.type === "asked_back")
              answer = new Error(t("functions.noAnswer", { text: message.text }));
            return message.type === "result";
          },
        ),
        () => finish(answer),
        finish,
        t,
      );
    });
  };
}

/** A number where the answer reads as one, so that other formulas can go on with it. */
function answerOf({ formula, text, value }: Answer, t: Translate): string | number | Error {
  if (formula === null) return new Error(t("functions.noAnswer", { text }));
  return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
}

export function suggestFunction(session: Connected, t: Translate) {
  return (_range: unknown, invocation: StreamingInvocation): void => {
    const target = invocation.parameterAddresses?.[0] ?? null;
    whenConnected(session, t, invocation, (finish) => {
      const connection = session.connection();
      if (!connection || target === null) return null;
      const { client, workbookId, revision } = connection;
      const id = newId();
      const found: WireSuggestion[] = [];
      // `repair` without a formula and `suggest` supersede what the pane asked; `complete` has a lane of its own.
      return follow(
        client.stream(
          { type: "complete", id, workbook_id: workbookId, revision, at: target, typed: "=", n: 1 },
          id,
          (message) => {
            gather(found, message);
            return message.type === "result";
          },
        ),
        (order) => {
          const best = found.find((item) => item.id === order[0]) ?? found[0];
          finish(best?.formula ?? new Error(t("functions.noSuggestion")));
        },
        finish,
        t,
      );
    });
  };
}

function gather(into: WireSuggestion[], message: ServerMessage): void {
  if (message.type !== "candidate") return;
  const known = into.findIndex(({ id }) => id === message.suggestion.id);
  if (known < 0) into.push(message.suggestion);
  else into[known] = message.suggestion;
}

function follow(
  stream: Stream,
  onResult: (order: readonly string[]) => void,
  finish: Finish,
  t: Translate,
): Stream {
  stream.done.then(
    (message) => onResult(message.type === "result" ? message.order : []),
    (error: unknown) => {
      if (error instanceof RequestError && error.code === "disconnected")
        finish(new Error(t("functions.notConnected")));
      else finish(new Error(error instanceof Error ? error.message : String(error)));
    },
  );
  return stream;
}

/** Starts now, or when the pane is connected and the workbook is known; gives up after a while with words. */
function whenConnected(
  session: Connected,
  t: Translate,
  invocation: StreamingInvocation,
  begin: (finish: Finish) => Stream | null,
): void {
  let stream: Stream | null = null;
  const finish: Finish = (answer) =>
    invocation.setResult(answer instanceof Error ? excelError(answer.message) : answer);
  const tryNow = () => {
    stream ??= begin(finish);
    if (stream) stop();
  };
  const timer = setTimeout(() => {
    stop();
    finish(new Error(t("functions.notConnected")));
  }, PATIENCE_MS);
  const unlisten = session.store.changes.add(tryNow);
  function stop(): void {
    clearTimeout(timer);
    unlisten();
  }
  invocation.onCanceled = () => {
    stop();
    stream?.cancel();
  };
  tryNow();
}

/** `#N/A` with the words behind it, where the runtime has custom functions; else the error itself. */
function excelError(message: string): unknown {
  if (typeof CustomFunctions === "undefined") return new Error(message);
  return new CustomFunctions.Error(CustomFunctions.ErrorCode.notAvailable, message);
}

/** Binds both functions to their ids, where Excel has custom functions. */
export function registerFunctions(session: PaneSession): void {
  if (typeof CustomFunctions === "undefined") return;
  const t = translator(session.host.language);
  CustomFunctions.associate(FUNCTIONS.ask, askFunction(session, t));
  CustomFunctions.associate(FUNCTIONS.suggest, suggestFunction(session, t));
}
