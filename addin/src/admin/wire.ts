/** What the admin page's REST gives and takes (backend/cellwright/admin); dates are ISO texts. */

export interface Me {
  readonly name: string;
  readonly role: "user" | "admin";
}

export const FILTERS = [
  "text",
  "workspace",
  "user",
  "model",
  "kind",
  "outcome",
  "reason",
  "label",
  "since",
  "until",
] as const;
export type FilterName = (typeof FILTERS)[number];
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

export type Facets = Readonly<
  Record<"workspace" | "user" | "model" | "kind" | "outcome" | "reason", readonly string[]>
>;

export interface View {
  readonly name: string;
  readonly filters: Filters;
}

export interface Line {
  readonly position: number;
  readonly suggestion_id: string;
  readonly created: string;
  readonly workspace: string;
  readonly user: string;
  readonly model: string;
  readonly kind: string;
  readonly proposer: string;
  readonly status: string;
  readonly outcome: string;
  readonly reason: string;
  readonly label: string;
  readonly p_accept: number;
  readonly kept_rate: number | null;
  readonly target: string;
  readonly title: string;
  readonly more: number;
}

export interface Page {
  readonly lines: readonly Line[];
  readonly next_before: number | null;
}

export type CellValue = string | number | boolean | null | { readonly error: string };

export interface Change {
  readonly cell: string;
  readonly before: CellValue;
  readonly after: CellValue;
  readonly formula_before: string | null;
  readonly formula_after: string | null;
  readonly is_verified: boolean;
}

export interface Verdict {
  readonly changed: number;
  readonly errors: number;
  readonly why?: string;
  readonly risks?: readonly string[];
  readonly new_errors?: readonly string[];
  readonly changes?: readonly Change[];
}

export interface Candidate {
  readonly suggestion_id: string;
  readonly kind: string;
  readonly proposer: string;
  readonly rank: number;
  readonly was_shown: boolean;
  readonly p_accept: number;
  readonly propensity: number;
  readonly log_probability: number | null;
  readonly status: string;
  readonly edits: readonly string[];
  readonly reason: string;
  readonly verdict: Verdict | null;
}

export interface Outcome {
  readonly id: string;
  readonly kind: string;
  readonly user: string;
  readonly created: string;
  readonly latency_ms: number | null;
  readonly reject_reason: string | null;
  readonly final_text: string | null;
  readonly kept_rate: number | null;
}

export type LabelKind = "good" | "bad" | "exclude";

export interface Label {
  readonly id: string;
  readonly user: string;
  readonly label: LabelKind;
  readonly note: string;
  readonly created: string;
}

export interface Trace {
  readonly suggestion_id: string;
  readonly created: string;
  readonly workspace: string;
  readonly user: string;
  readonly target: string;
  readonly model: string | null;
  readonly adapter: string | null;
  readonly prompt_version: string | null;
  readonly context_hash: string;
  readonly context: string | null;
  readonly is_redacted: boolean;
  readonly latency_ms: Readonly<Record<string, number>>;
  readonly candidates: readonly Candidate[];
  readonly outcomes: readonly Outcome[];
  readonly labels: readonly Label[];
}

export const GROUPS = ["week", "model", "workspace", "kind"] as const;
export type Group = (typeof GROUPS)[number];

export interface Measures {
  readonly group: string;
  readonly shown: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly accept_rate: number | null;
  readonly kept_rate: number | null;
  readonly latency_p50_ms: number | null;
  readonly latency_p95_ms: number | null;
  readonly reasons: Readonly<Record<string, number>>;
}

export interface Agreement {
  readonly first: string;
  readonly second: string;
  readonly both: number;
  readonly equal: number;
  readonly kappa: number | null;
  readonly disputed: readonly string[];
}

export interface Trust {
  readonly user: string;
  readonly decisions: number;
  readonly accepted: number;
  readonly trust: number;
  readonly informedness: number;
  readonly peers: number | null;
  readonly verified: number | null;
  readonly trivial: number | null;
  readonly busiest_day: number;
  readonly suspicion: "none" | "poisoning" | "flooding" | "trivial";
}

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface OffPolicy {
  readonly samples: number;
  readonly logged: number | null;
  readonly snips: Estimate | null;
  readonly doubly_robust: Estimate | null;
  readonly effective_samples: number;
}

export interface Run {
  readonly id: string;
  readonly recipe: string;
  readonly kind: string;
  readonly status: "queued" | "running" | "done" | "failed" | "cancelled";
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly base_model: string;
  readonly adapter: string | null;
  readonly problem: string | null;
  readonly workspace: string | null;
}

export interface RunEvent {
  readonly id: number;
  readonly at: string;
  readonly step: number;
  readonly metrics: Readonly<Record<string, unknown>>;
}

export interface Suite {
  readonly suite: string;
  readonly incumbent: number;
  readonly candidate: number;
  readonly low: number;
  readonly high: number;
  readonly tasks: number;
  readonly passes: boolean;
}

export interface GuardResult {
  readonly name: string;
  readonly incumbent: number;
  readonly candidate: number;
  readonly limit: number;
  readonly is_upper: boolean;
  readonly passes: boolean;
}

export interface GateReport {
  readonly id: string;
  readonly run_id: string | null;
  readonly candidate: string;
  readonly incumbent: string;
  readonly decided: string;
  readonly created_at: string;
  readonly report: {
    readonly reasons?: readonly string[];
    readonly suites?: readonly Suite[];
    readonly guards?: readonly GuardResult[];
    readonly notes?: readonly string[];
  };
}

export interface Version {
  readonly name: string;
  readonly created: string;
  readonly base: string;
  readonly run_id: string;
  readonly recipe: string;
  readonly decided: string;
}

export interface Serving {
  readonly workspace: string;
  readonly state: {
    readonly current: string | null;
    readonly earlier: readonly (string | null)[];
    readonly canary: string | null;
    readonly share: number;
  };
  readonly versions: readonly Version[];
  readonly next_share: number;
}

export interface Workspace {
  readonly name: string;
  readonly consent: "full" | "redacted" | "none";
  readonly retention_days: number | null;
  readonly exploration: number;
}

export interface Person {
  readonly name: string;
  readonly role: "user" | "admin";
}

export interface Deletion {
  readonly requests: number;
  readonly suggestions: number;
  readonly outcomes: number;
  readonly labels: number;
  readonly adapters: readonly string[];
}

export interface AuditEntry {
  readonly at: string;
  readonly user: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
}
