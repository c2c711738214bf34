/** Questions that change nothing: explain a formula, look through the workbook, what was suggested before. */

import { newId } from "../client/ids";
import { quotedSheet } from "../host/address";
import type { Link } from "./link";
import { NO_AUDIT } from "./state";
import { type Store, sayError } from "./store";
import type { Suggestions } from "./suggestions";

export class Inquiries {
  constructor(
    private readonly store: Store,
    private readonly link: Link,
    private readonly suggestions: Suggestions,
  ) {}

  async explain(): Promise<void> {
    const { selection } = this.store.state;
    if (!selection || this.link.sync.workbookId === null) return;
    const at = `${quotedSheet(selection.sheet)}!${selection.active.address}`;
    this.store.set({ explanation: { place: at, status: "running", explanation: null, said: null } });
    try {
      await this.link.sync.flush();
      const explanation = await this.link.client.ask(
        {
          type: "explain",
          id: newId(),
          workbook_id: this.link.sync.workbookId,
          revision: this.link.sync.revision,
          at,
        },
        "explanation",
      );
      if (this.store.state.explanation?.place !== at) return;
      this.store.set({ explanation: { place: at, status: "done", explanation, said: null } });
    } catch (error) {
      if (this.store.state.explanation?.place !== at) return;
      this.store.set({
        explanation: { place: at, status: "failed", explanation: null, said: sayError(error) },
      });
    }
  }

  closeExplanation(): void {
    this.store.set({ explanation: null });
  }

  async audit(): Promise<void> {
    if (this.link.sync.workbookId === null) return;
    await this.link.sync.flush();
    const id = newId();
    this.store.set({ audit: { ...NO_AUDIT, status: "running" } });
    const stream = this.link.client.stream(
      { type: "audit", id, workbook_id: this.link.sync.workbookId, revision: this.link.sync.revision },
      id,
      (answer) => {
        const { audit } = this.store.state;
        if (answer.type === "progress")
          this.store.set({ audit: { ...audit, done: answer.done, total: answer.total } });
        if (answer.type === "finding")
          this.store.set({ audit: { ...audit, findings: [...audit.findings, answer] } });
        return answer.type === "result";
      },
    );
    try {
      await stream.done;
      const { audit } = this.store.state;
      this.store.set({
        audit: { ...audit, status: "done" },
        announcement: { key: "audit.count", parameters: { count: audit.findings.length } },
      });
    } catch (error) {
      this.store.set({ audit: { ...this.store.state.audit, status: "failed", said: sayError(error) } });
    }
  }

  /** Goes to a finding and selects its place. */
  async walkTo(index: number): Promise<void> {
    const finding = this.store.state.audit.findings[index];
    if (!finding) return;
    this.store.set({ audit: { ...this.store.state.audit, current: index } });
    if (finding.place !== null) await this.suggestions.goTo(finding.place);
  }

  /** Takes a finding's edits over as a suggestion to be looked at and accepted. */
  mend(index: number): void {
    const suggestion = this.store.state.audit.findings[index]?.suggestion;
    if (!suggestion) return;
    this.suggestions.clearCards("superseded");
    this.store.set({
      tab: "suggest",
      asked: {
        id: suggestion.id,
        kind: "repair",
        place: suggestion.target,
        status: "done",
        phase: null,
        said: null,
      },
    });
    this.suggestions.addCard(suggestion);
    this.store.set({ openCard: suggestion.id });
    this.suggestions.drawGhosts();
    // Nothing can be drawn on Excel's grid: the cells that would change are selected instead.
    if (!this.link.host.ghosts) void this.suggestions.goTo(suggestion.target);
  }

  async loadHistory(): Promise<void> {
    if (!this.link.client.isOnline) return;
    this.store.set({ history: { ...this.store.state.history, status: "running" } });
    try {
      const { entries } = await this.link.client.ask(
        { type: "get_history", id: newId(), limit: 50 },
        "history",
      );
      this.store.set({ history: { status: "done", entries } });
    } catch {
      this.store.set({ history: { ...this.store.state.history, status: "failed" } });
    }
  }
}
