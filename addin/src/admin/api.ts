/** The admin page's REST over fetch, with the administrator's token. */

import type * as w from "./wire";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export class Api {
  constructor(
    private readonly token: string,
    private readonly root = "./api/admin/",
  ) {}

  me = () => this.get<w.Me>("me");
  facets = () => this.get<w.Facets>("facets");
  queue = (filters: w.Filters, before?: number | null) =>
    this.get<w.Page>(`queue${query({ ...filters, before: before ? String(before) : undefined })}`);
  trace = (id: string) => this.get<w.Trace>(`suggestions/${encodeURIComponent(id)}`);
  label = (id: string, label: w.LabelKind, note: string) =>
    this.send<w.Trace>("POST", `suggestions/${encodeURIComponent(id)}/labels`, { label, note });
  views = () => this.get<w.View[]>("views");
  saveView = (name: string, filters: w.Filters) =>
    this.send<void>("PUT", `views/${encodeURIComponent(name)}`, { filters });
  dropView = (name: string) => this.send<void>("DELETE", `views/${encodeURIComponent(name)}`);
  plots = (by: w.Group, filters: w.Filters) => this.get<w.Measures[]>(`plots${query({ by, ...filters })}`);
  agreement = () => this.get<w.Agreement[]>("agreement");
  trust = () => this.get<w.Trust[]>("trust");
  replay = () => this.get<{ rankings: Record<string, w.OffPolicy> }>("replay");
  runs = () => this.get<w.Run[]>("runs");
  events = (run: string, after: number) =>
    this.get<w.RunEvent[]>(`runs/${encodeURIComponent(run)}/events?after=${after}`);
  reports = () => this.get<w.GateReport[]>("reports");
  models = (workspace: string) => this.get<w.Serving>(`models/${encodeURIComponent(workspace)}`);
  promote = (workspace: string, version: string, share: number, reason: string, force: boolean) =>
    this.send<w.Serving>(
      "POST",
      `models/${encodeURIComponent(workspace)}/${encodeURIComponent(version)}/promote`,
      { share, reason, force },
    );
  rollBack = (workspace: string, reason: string) =>
    this.send<w.Serving>("POST", `models/${encodeURIComponent(workspace)}/rollback`, { reason });
  workspaces = () => this.get<w.Workspace[]>("workspaces");
  setWorkspace = ({ name, ...agreed }: w.Workspace) =>
    this.send<w.Workspace>("PUT", `workspaces/${encodeURIComponent(name)}`, agreed);
  people = () => this.get<w.Person[]>("people");
  addPerson = (name: string, role: w.Person["role"]) =>
    this.send<{ token: string }>("PUT", `people/${encodeURIComponent(name)}`, { role });
  removePerson = (name: string) => this.send<void>("DELETE", `people/${encodeURIComponent(name)}`);
  delete = (scope: Readonly<Record<string, string>>, write: boolean) =>
    this.send<w.Deletion>("POST", "deletions", { ...scope, write });
  audit = () => this.get<w.AuditEntry[]>("audit");

  private get<T>(path: string): Promise<T> {
    return this.send<T>("GET", path);
  }

  private async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(this.root + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (answer.status === 204) return undefined as T;
    const told: unknown = await answer.json().catch(() => null);
    if (answer.ok) return told as T;
    const message = (told as { message?: unknown } | null)?.message;
    throw new ApiError(
      answer.status,
      typeof message === "string" ? message : `the server answered ${answer.status}`,
    );
  }
}

function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const set = Object.entries(parameters).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return set.length === 0 ? "" : `?${new URLSearchParams(set)}`;
}
