// A real `cellwright serve` in a process of its own, with a home of its own.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { cellwright } from "./missing";

const run = promisify(execFile);

export interface FeedbackEntry {
  readonly id: string;
  readonly target: string;
  readonly edits: readonly string[];
  readonly outcome: string | null;
  readonly reject_reason: string | null;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

export class Server {
  private process: ChildProcess | null = null;
  private log = "";
  url = "";
  token = "";

  private constructor(
    readonly home: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<Server> {
    const server = new Server(mkdtempSync(join(tmpdir(), "cellwright-e2e-")), await freePort());
    await server.boot();
    return server;
  }

  private get environment(): NodeJS.ProcessEnv {
    return { ...process.env, CELLWRIGHT_HOME: this.home };
  }

  /** Starts it, or starts it again at the same address, and waits until it is ready. */
  async boot(): Promise<void> {
    const child = spawn(cellwright, ["serve", "--port", String(this.port), "--json"], {
      env: this.environment,
    });
    this.process = child;
    child.stderr.on("data", (data) => {
      this.log += data;
    });
    const line = await new Promise<string>((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (data) => {
        text += data;
        if (text.includes("\n")) resolve(text);
      });
      child.once("exit", (code) => reject(new Error(`cellwright serve ended with ${code}: ${this.log}`)));
    });
    const told = JSON.parse(line) as { url: string; token: string };
    this.url = told.url;
    this.token = told.token;
    for (let i = 0; ; i++) {
      const answer = await fetch(`${this.url}ready`).catch(() => null);
      if (answer?.ok) return;
      if (i > 150) throw new Error(`the server was not ready in 30 s: ${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** The playground's address, with the token. */
  get playground(): string {
    return `${this.url}#token=${this.token}`;
  }

  /** SIGKILL: no chance to say goodbye. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.process;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
    this.process = null;
  }

  async stop(): Promise<void> {
    await this.kill("SIGTERM");
    rmSync(this.home, { recursive: true, force: true });
  }

  async api(path: string): Promise<Response> {
    return fetch(`${this.url}api/${path}`, { headers: { Authorization: `Bearer ${this.token}` } });
  }

  /** What `cellwright feedback list --json` says, from another process over the same store. */
  async feedback(): Promise<FeedbackEntry[]> {
    const { stdout } = await run(cellwright, ["feedback", "list", "-n", "200", "--json"], {
      env: this.environment,
    });
    return JSON.parse(stdout) as FeedbackEntry[];
  }
}
