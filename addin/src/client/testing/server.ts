// biome-ignore-all lint/correctness/noVoidTypeReturn: `return reply(...)` ends a case in one line
/**
 * A server that speaks the protocol over a real websocket, for tests of what talks to one. It proposes what a
 * test tells it to and keeps the revisions, plans and outcomes that the protocol asks for; it calculates
 * nothing. A test changes what it does by `on[type]`.
 */

import { type AddressInfo, WebSocket, WebSocketServer } from "ws";
import type {
  ClientMessage,
  Outcome,
  Plan,
  ServerMessage,
  Timings,
  UserSettings,
  Welcome,
  WireSuggestion,
} from "../../protocol/messages";

export const TIMINGS: Timings = {
  queue_ms: 0,
  context_ms: 1,
  model_ms: 2,
  verify_ms: 1,
  rank_ms: 0,
  total_ms: 4,
};

type Message<Kind extends ClientMessage["type"]> = Extract<ClientMessage, { type: Kind }>;
type Handler<Kind extends ClientMessage["type"]> = (
  message: Message<Kind>,
  reply: (answer: ServerMessage) => void,
) => void;

export const TOKEN = "good-token";

export class TestServer {
  readonly received: ClientMessage[] = [];
  readonly outcomes = new Map<string, Outcome>();
  readonly workbooks = new Map<string, { revision: number; chunks: unknown[] }>();
  readonly plans: Plan[] = [];
  on: { [Kind in ClientMessage["type"]]?: Handler<Kind> } = {};
  suggestions: WireSuggestion[] = [];
  settings: UserSettings = {
    workspace: "default",
    keep_cell_contents: true,
    risky_functions: "confirm",
    suggests_on_selection: true,
    use_model: true,
  };
  limits: Welcome["limits"] = {
    max_message_bytes: 4_000_000,
    max_cells: 1_000_000,
    max_requests: 8,
    messages_per_s: 100,
    heartbeat_s: 20,
  };
  isLocal = true;
  model: Welcome["model"] = { name: "mini", hash: "abcdef0123" };
  private server: WebSocketServer | null = null;
  private port = 0;
  private sessions = 0;

  static async start(): Promise<TestServer> {
    const server = new TestServer();
    await server.listen();
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** On the same port again after `stop`. */
  async listen(): Promise<void> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: this.port });
    await new Promise<void>((resolve, reject) => {
      server.once("listening", resolve);
      server.once("error", reject);
    });
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => socket.on("message", (data) => this.hear(socket, String(data))));
    this.server = server;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    for (const client of server?.clients ?? []) client.terminate();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  /** To every pane. */
  tell(message: ServerMessage): void {
    for (const client of this.server?.clients ?? []) client.send(JSON.stringify(message));
  }

  /** A frame as it is. */
  raw(text: string): void {
    for (const client of this.server?.clients ?? []) client.send(text);
  }

  /** Closes every line as a crash would. */
  drop(): void {
    for (const client of this.server?.clients ?? []) client.terminate();
  }

  of<Kind extends ClientMessage["type"]>(type: Kind): Message<Kind>[] {
    return this.received.filter((message): message is Message<Kind> => message.type === type);
  }

  private hear(socket: WebSocket, text: string): void {
    const message = JSON.parse(text) as ClientMessage;
    this.received.push(message);
    const reply = (answer: ServerMessage) =>
      socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(answer));
    const handler = this.on[message.type] as
      | ((message: ClientMessage, reply: (answer: ServerMessage) => void) => void)
      | undefined;
    if (handler) handler(message, reply);
    else this.answer(message, reply, socket);
  }

  answer(message: ClientMessage, reply: (answer: ServerMessage) => void, socket?: WebSocket): void {
    switch (message.type) {
      case "hello":
        if (message.token !== TOKEN) {
          reply({
            ...NO_ERROR,
            code: "unauthorized",
            message: "expected a token, got another",
            is_fatal: true,
          });
          socket?.close(4401);
          return;
        }
        this.sessions += 1;
        return reply({
          type: "welcome",
          protocol: message.protocol,
          server_version: "1.2.3",
          session_id: `session-${this.sessions}`,
          role: "user",
          is_resumed: message.resume !== null && message.resume !== undefined,
          workbooks: [...this.workbooks].map(([workbook_id, { revision }]) => ({ workbook_id, revision })),
          model: this.model,
          limits: this.limits,
          settings: this.settings,
          is_local: this.isLocal,
        });
      case "ping":
        return reply({ type: "pong", sent_ms: message.sent_ms });
      case "open_workbook": {
        const known = this.workbooks.get(message.workbook_id);
        const synced = {
          type: "synced",
          request_id: message.id,
          workbook_id: message.workbook_id,
          cells: 0,
          formulas: 0,
        } as const;
        if (known && message.join) return reply({ ...synced, revision: known.revision, needs_chunks: false });
        if (message.source.type === "kept") {
          return reply({
            ...NO_ERROR,
            code: "unknown_workbook",
            message: "expected a kept workbook",
            request_id: message.id,
          });
        }
        this.workbooks.set(message.workbook_id, { revision: known?.revision ?? 0, chunks: [] });
        reply({ ...synced, revision: 0, needs_chunks: true });
        if (message.source.chunks === 0) this.filled(message.id, message.workbook_id, reply);
        return;
      }
      case "workbook_chunk": {
        const book = this.workbooks.get(message.workbook_id);
        book?.chunks.push(message.blocks);
        reply({
          type: "chunk_received",
          request_id: message.id,
          workbook_id: message.workbook_id,
          index: message.index,
        });
        const opening = this.of("open_workbook").find(({ id }) => id === message.id);
        if (opening?.source.type === "host" && message.index === opening.source.chunks - 1)
          this.filled(message.id, message.workbook_id, reply);
        return;
      }
      case "delta": {
        const book = this.workbooks.get(message.workbook_id);
        if (!book)
          return reply({
            ...NO_ERROR,
            code: "unknown_workbook",
            message: "expected a workbook",
            request_id: message.id,
          });
        book.revision += 1;
        return reply({
          type: "delta_applied",
          request_id: message.id,
          workbook_id: message.workbook_id,
          revision: book.revision,
        });
      }
      case "selection":
        return message.request_id ? this.propose(message.request_id, message.workbook_id, reply) : undefined;
      case "suggest":
      case "complete":
      case "repair":
        return this.propose(message.id, message.workbook_id, reply);
      case "ask":
        reply({ type: "asked_back", request_id: message.id, text: "What should happen?", choices: [] });
        return reply(resultOf(message.id, message.workbook_id, []));
      case "accept":
        return this.plan(message, reply);
      case "undo":
        return reply({
          ...this.planOf(message.id, message.suggestion_id ?? "", message.workbook_id),
          purpose: "undo",
          edits: [],
        });
      case "outcome": {
        const status = this.outcomes.has(message.id) ? "duplicate" : "recorded";
        this.outcomes.set(message.id, message);
        return reply({ type: "outcome_recorded", outcome_id: message.id, status });
      }
      case "set_settings": {
        const { type: _type, id, ...changed } = message;
        const given = Object.fromEntries(
          Object.entries(changed).filter(([, value]) => value !== null && value !== undefined),
        );
        this.settings = { ...this.settings, ...given };
        return reply({ type: "settings", request_id: id, settings: this.settings });
      }
      case "get_history":
        return reply({ type: "history", request_id: message.id, entries: [] });
      case "cancel":
      case "close_workbook":
      case "get_settings":
      case "explain":
      case "audit":
      case "write":
        return;
    }
  }

  private filled(id: string, workbookId: string, reply: (answer: ServerMessage) => void): void {
    const book = this.workbooks.get(workbookId);
    if (!book) return;
    book.revision += 1;
    reply({
      type: "synced",
      request_id: id,
      workbook_id: workbookId,
      revision: book.revision,
      cells: 1,
      formulas: 0,
      needs_chunks: false,
    });
  }

  private propose(id: string, workbookId: string, reply: (answer: ServerMessage) => void): void {
    reply({ type: "progress", request_id: id, phase: "experts", done: 0, total: 0, warning: "" });
    for (const suggestion of this.suggestions) {
      reply({ type: "candidate", request_id: id, workbook_id: workbookId, suggestion, timings: TIMINGS });
    }
    reply(
      resultOf(
        id,
        workbookId,
        this.suggestions.map((suggestion) => suggestion.id),
      ),
    );
  }

  private plan(message: Message<"accept">, reply: (answer: ServerMessage) => void): void {
    const suggestion = this.suggestions.find(({ id }) => id === message.suggestion_id);
    if (!suggestion)
      return reply({
        ...NO_ERROR,
        code: "unknown_suggestion",
        message: "expected a suggestion",
        request_id: message.id,
      });
    const chosen = suggestion.edits.filter((_, index) => message.edits?.includes(index) ?? true);
    const edits = chosen.map((edit) =>
      edit.type === "set_formulas" && message.final_formula
        ? { ...edit, formulas: [[message.final_formula]] }
        : edit,
    );
    const before = suggestion.preview
      .filter(({ is_edited }) => is_edited)
      .map(({ cell, formula_before, before: value }) => ({ cell, formula: formula_before, value }));
    const plan: Plan = {
      ...this.planOf(message.id, suggestion.id, "wb"),
      edits,
      before,
      preview: suggestion.preview,
      verdict: suggestion.verdict,
    };
    this.plans.push(plan);
    reply(plan);
  }

  private planOf(id: string, suggestionId: string, workbookId: string): Plan {
    return {
      type: "plan",
      request_id: id,
      plan_id: `plan-${id}`,
      suggestion_id: suggestionId,
      workbook_id: workbookId,
      purpose: "accept",
      revision: 1,
      edits: [],
      before: [],
      preview: [],
      verdict: VERIFIED,
    };
  }
}

export const NO_ERROR = {
  type: "error",
  request_id: null,
  workbook_id: null,
  revision: null,
  retry_after_ms: null,
  is_fatal: false,
} as const;
export const VERIFIED: WireSuggestion["verdict"] = {
  status: "verified",
  why: "",
  new_errors: [],
  risks: [],
  spill: null,
  changed_cells: 1,
};

export function resultOf(id: string, workbookId: string | null, order: string[]): ServerMessage {
  return {
    type: "result",
    request_id: id,
    status: "complete",
    workbook_id: workbookId,
    revision: 1,
    order,
    timings: TIMINGS,
    sent_ms: null,
  };
}

/** A suggestion of one formula for one cell, blank before. */
export function suggestionOf(
  id: string,
  target: string,
  formula: string,
  after = 1,
  more: Partial<WireSuggestion> = {},
): WireSuggestion {
  const [sheet = "", range = ""] = target.split("!");
  return {
    id,
    kind: "formula",
    target,
    title: formula,
    edits: [{ type: "set_formulas", sheet, range, formulas: [[formula]], array: false }],
    edit_lines: [`FORMULA | ${target} | ${formula}`],
    formula,
    preview: [
      {
        cell: target,
        before: null,
        after,
        formula_before: null,
        formula_after: formula,
        before_text: "",
        after_text: String(after),
        is_verified: true,
        is_edited: true,
      },
    ],
    reason: "Copies the formula above",
    citations: [`${sheet}!A1`],
    verdict: VERIFIED,
    confidence: 0.93,
    rank: 1,
    is_likely: true,
    base_revision: 1,
    proposer: "neighbour",
    model: null,
    ...more,
  };
}

/** Node 20 has no WebSocket of its own. */
export function installWebSocket(): void {
  Object.assign(globalThis, { WebSocket });
}
