/** What the pane knows and shows: plain values, replaced and never changed in place. */

import type { LineState } from "../client/line";
import type { Preferences } from "../client/settings";
import type { SyncState } from "../client/sync";
import type { FirstSuggestion } from "../client/timing";
import type { Journal, Loss } from "../host/journal";
import type { Selected } from "../host/read";
import type { MessageKey, Parameters } from "../i18n";
import type {
  Answer,
  AskedBack,
  Explanation,
  Finding,
  HistoryEntry,
  Progress,
  Turn,
  UserSettings,
  Welcome,
  WireStep,
  WireSuggestion,
} from "../protocol/messages";

export type Tab = "suggest" | "ask" | "audit" | "history" | "settings";

/** A message of the catalogue with its parameters: what is said, not in which language. */
export interface Said {
  readonly key: MessageKey;
  readonly parameters?: Parameters;
}

export type CardStatus =
  | { readonly kind: "open" }
  | { readonly kind: "accepting" }
  /** Cells changed meanwhile; nothing was written. */
  | { readonly kind: "conflict"; readonly places: string }
  | { readonly kind: "failed"; readonly said: Said };

export interface Card {
  readonly suggestion: WireSuggestion;
  readonly status: CardStatus;
  readonly shownAt: number;
  /** One for each edit. */
  readonly ticked: readonly boolean[];
  /** The formula as the person edits it, in the language of display; null while nobody edits. */
  readonly draft: string | null;
  readonly isRiskConfirmed: boolean;
  /** The workbook changed under it, the server says. */
  readonly isStale: boolean;
  /** How far a fill would go; null where there is nothing to fill, undefined while nobody looked. */
  readonly fillTo: string | null | undefined;
}

export interface Asked {
  readonly id: string;
  readonly kind: "selection" | "suggest" | "repair";
  readonly place: string;
  readonly status: "running" | "done" | "busy" | "failed";
  readonly phase: Progress["phase"] | null;
  readonly said: Said | null;
}

export type AskOutcome =
  | {
      readonly kind: "plan";
      readonly card: Card;
      readonly leftOut: readonly string[];
      readonly isRejected: boolean;
    }
  | {
      readonly kind: "answer";
      readonly answer: Answer;
      readonly isRight: boolean | null;
      /** The answer's formula as a suggestion for a cell, once the person wants it there. */
      readonly card: Card | null;
      /** Why it cannot stand there. */
      readonly said: Said | null;
    }
  | { readonly kind: "question"; readonly question: AskedBack };

/** One request in words and what came of it. */
export interface Exchange {
  readonly id: string;
  readonly request: string;
  readonly status: "running" | "done" | "failed" | "cancelled";
  readonly said: Said | null;
  /** What it is at while it runs. */
  readonly phase: Progress["phase"] | null;
  /** What the server says of how it was answered, such as that a larger model failed. */
  readonly warning: string;
  /** Of the plan, as they come. */
  readonly steps: readonly WireStep[];
  readonly outcome: AskOutcome | null;
  /** What later requests may refer back to. */
  readonly turn: Turn | null;
}

/** A suggestion that was written, and how to take it back. */
export interface Applied {
  readonly suggestionId: string;
  readonly title: string;
  readonly place: string;
  readonly journal: Journal;
  readonly status: "done" | "undoing" | "undone" | "changed" | "failed";
  readonly places: string;
  readonly losses: readonly Loss[];
  readonly said: Said | null;
}

export interface ExplanationState {
  readonly place: string;
  readonly status: "running" | "done" | "failed";
  readonly explanation: Explanation | null;
  readonly said: Said | null;
}

export interface AuditState {
  readonly status: "none" | "running" | "done" | "failed";
  readonly findings: readonly Finding[];
  readonly done: number;
  readonly total: number;
  /** Of the finding that is walked to; -1 where none is. */
  readonly current: number;
  readonly said: Said | null;
}

export interface PaneState {
  readonly tab: Tab;
  readonly line: LineState;
  readonly sync: SyncState;
  readonly workbook: string;
  readonly welcome: Welcome | null;
  readonly settings: UserSettings | null;
  readonly preferences: Preferences;
  readonly selection: Selected | null;
  readonly asked: Asked | null;
  readonly cards: readonly Card[];
  readonly exchanges: readonly Exchange[];
  /** Of the card that is unfolded. */
  readonly openCard: string | null;
  readonly applied: readonly Applied[];
  readonly explanation: ExplanationState | null;
  readonly audit: AuditState;
  readonly history: {
    readonly status: "none" | "running" | "done" | "failed";
    readonly entries: readonly HistoryEntry[];
  };
  readonly waitingOutcomes: number;
  readonly isDurable: boolean;
  readonly lastTiming: FirstSuggestion | null;
  /** Said once by a screen reader. */
  readonly announcement: Said | null;
  /** A fault that stopped an action; shown until the next one. */
  readonly fault: Said | null;
}

export const NO_AUDIT: AuditState = {
  status: "none",
  findings: [],
  done: 0,
  total: 0,
  current: -1,
  said: null,
};

export function initialState(preferences: Preferences): PaneState {
  return {
    tab: "suggest",
    line: { kind: "idle" },
    sync: { kind: "closed" },
    workbook: "",
    welcome: null,
    settings: null,
    preferences,
    selection: null,
    asked: null,
    cards: [],
    exchanges: [],
    openCard: null,
    applied: [],
    explanation: null,
    audit: NO_AUDIT,
    history: { status: "none", entries: [] },
    waitingOutcomes: 0,
    isDurable: true,
    lastTiming: null,
    announcement: null,
    fault: null,
  };
}
