/**
 * One websocket to the server, kept up: hello and welcome, heartbeat, reconnection with growing pauses and
 * resume. It knows nothing of workbooks; messages go in and out as they are.
 */

import {
  type ClientMessage,
  type ErrorMessage,
  type Hello,
  PROTOCOL_VERSION,
  type ServerMessage,
  type Welcome,
} from "../protocol/messages";
import { Listeners } from "./listeners";

export type LineState =
  | { readonly kind: "idle" }
  | { readonly kind: "connecting" }
  | { readonly kind: "online" }
  /** The line dropped; `retryAt` by the clock of `Date.now`. */
  | { readonly kind: "reconnecting"; readonly attempt: number; readonly retryAt: number }
  /** The server will not have us; only a person can mend that. */
  | { readonly kind: "refused"; readonly why: "unauthorized" | "unsupported_protocol" };

export interface LineOptions {
  /** `wss://localhost:8765/ws`. */
  readonly url: string;
  readonly token: string;
  readonly hello: Pick<Hello, "pane_id" | "host" | "locale">;
  /** What the pane believes of its workbooks, asked at every reconnection. */
  readonly workbooks: () => Record<string, number>;
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
  /** After so long without a drop the pauses begin small again. */
  readonly steadyMs?: number;
  /** How long a connection may take until `welcome`. */
  readonly patienceMs?: number;
}

/** Close codes after which trying again by itself cannot help. */
const REFUSALS: Record<number, "unauthorized" | "unsupported_protocol"> = {
  4401: "unauthorized",
  4426: "unsupported_protocol",
};
/** So many heartbeats without a word and the line counts as dead, before TCP notices. */
const SILENT_BEATS = 2.5;

export class Line {
  readonly messages = new Listeners<[ServerMessage]>();
  readonly states = new Listeners<[LineState]>();
  state: LineState = { kind: "idle" };
  welcome: Welcome | null = null;
  /** The last round trip of a heartbeat. */
  roundTripMs: number | null = null;

  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private steady: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private lastHeard = 0;
  private retryAfterMs = 0;

  constructor(private readonly options: LineOptions) {}

  open(): void {
    if (this.socket) return;
    clearTimeout(this.timer);
    if (this.attempt === 0) this.setState({ kind: "connecting" });
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.options.url);
    } catch {
      this.retry();
      return;
    }
    this.socket = socket;
    this.timer = setTimeout(() => this.drop(socket), this.options.patienceMs ?? 10_000);
    socket.addEventListener("open", () => this.sayHello(socket));
    socket.addEventListener("message", (event) => this.hear(socket, event.data));
    socket.addEventListener("close", (event) => this.closed(socket, event.code));
    socket.addEventListener("error", () => this.drop(socket));
  }

  /** For good, until `open`. */
  close(): void {
    const { socket } = this;
    this.forget();
    this.attempt = 0;
    socket?.close(1000);
    this.setState({ kind: "idle" });
  }

  /** At once instead of after the pause. */
  retryNow(): void {
    if (this.state.kind !== "reconnecting") return;
    this.forget();
    this.open();
  }

  /** False where nothing went out, because the line is down. */
  send(message: ClientMessage): boolean {
    return this.sendText(JSON.stringify(message));
  }

  sendText(frame: string): boolean {
    if (this.state.kind !== "online" || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(frame);
    return true;
  }

  private sayHello(socket: WebSocket): void {
    const session = this.welcome?.session_id;
    const hello: Hello = {
      type: "hello",
      protocol: PROTOCOL_VERSION,
      token: this.options.token,
      ...this.options.hello,
      resume: session === undefined ? null : { session_id: session, workbooks: this.options.workbooks() },
    };
    socket.send(JSON.stringify(hello));
  }

  private hear(socket: WebSocket, data: unknown): void {
    if (socket !== this.socket || typeof data !== "string") return;
    this.lastHeard = Date.now();
    let message: ServerMessage;
    try {
      message = JSON.parse(data) as ServerMessage;
    } catch {
      this.drop(socket);
      return;
    }
    if (message.type === "welcome") this.welcomed(message);
    else if (message.type === "pong") this.roundTripMs = performance.now() - message.sent_ms;
    else if (message.type === "error") this.failed(message);
    if (message.type !== "pong") this.messages.call(message);
  }

  private welcomed(welcome: Welcome): void {
    clearTimeout(this.timer);
    // A server that falls over at every welcome must not be asked again at once, over and over.
    this.steady = setTimeout(() => {
      this.attempt = 0;
    }, this.options.steadyMs ?? 5_000);
    this.welcome = welcome;
    this.setState({ kind: "online" });
    const everyMs = welcome.limits.heartbeat_s * 1000;
    clearInterval(this.beat);
    this.beat = setInterval(() => {
      if (Date.now() - this.lastHeard > everyMs * SILENT_BEATS && this.socket) this.drop(this.socket);
      else this.send({ type: "ping", sent_ms: performance.now() });
    }, everyMs);
  }

  private failed(error: ErrorMessage): void {
    if (!error.is_fatal) return;
    if (error.retry_after_ms !== null) this.retryAfterMs = error.retry_after_ms;
    if (error.code === "unauthorized" || error.code === "unsupported_protocol") {
      this.refuse(error.code);
    }
  }

  private closed(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    const why = REFUSALS[code];
    if (why) this.refuse(why);
    else this.retry();
  }

  private drop(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.retry();
    socket.close();
  }

  private refuse(why: "unauthorized" | "unsupported_protocol"): void {
    const { socket } = this;
    this.forget();
    socket?.close();
    this.setState({ kind: "refused", why });
  }

  private retry(): void {
    this.forget();
    this.attempt += 1;
    const longest = this.options.longestPauseMs ?? 15_000;
    const pause = Math.min(longest, (this.options.firstPauseMs ?? 250) * 2 ** (this.attempt - 1));
    // Half of it by chance, so that the panes of a restarted server do not all come at once.
    const wait = Math.max(this.retryAfterMs, pause / 2 + (Math.random() * pause) / 2);
    this.retryAfterMs = 0;
    this.setState({ kind: "reconnecting", attempt: this.attempt, retryAt: Date.now() + wait });
    this.timer = setTimeout(() => this.open(), wait);
  }

  private forget(): void {
    this.socket = null;
    clearTimeout(this.timer);
    clearTimeout(this.steady);
    clearInterval(this.beat);
  }

  private setState(state: LineState): void {
    this.state = state;
    this.states.call(state);
  }
}
