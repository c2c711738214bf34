/** The server that the pane talks to now, and its copy of the workbook; both are replaced with the address. */

import { Client } from "../client/client";
import { keptId, type Preferences, workbookIdOf } from "../client/settings";
import { WorkbookSync } from "../client/sync";
import type { Host } from "../host/host";
import type { Outcome, ServerMessage } from "../protocol/messages";
import { withVerdict } from "./cards";
import type { Card, PaneState } from "./state";
import type { Store } from "./store";

export interface Storages {
  readonly local: Storage | null;
  readonly session: Storage | null;
}

export class Link {
  client: Client;
  sync: WorkbookSync;

  /** `onReady` is called whenever the server holds the workbook as it is. */
  constructor(
    private readonly store: Store,
    readonly host: Host,
    private readonly storages: Storages,
    private readonly onReady: () => void,
  ) {
    [this.client, this.sync] = this.connected(store.state.preferences);
  }

  /** Leaves the old server for the one of the preferences. */
  move(preferences: Preferences): void {
    this.close();
    [this.client, this.sync] = this.connected(preferences);
    this.client.line.open();
  }

  close(): void {
    this.sync.close();
    this.client.line.close();
  }

  /** Tries a dropped line at once. */
  wake(): void {
    if (this.client.line.state.kind === "reconnecting") this.client.line.retryNow();
  }

  /** The person's own wish: a refused or closed line is opened too. */
  retryNow(): void {
    this.wake();
    const { line } = this.client;
    if (line.state.kind === "idle" || line.state.kind === "refused") line.open();
  }

  /** An outcome of a card; kept until the server has it. */
  record(
    card: Card,
    kind: Outcome["kind"],
    more: Partial<Pick<Outcome, "reason" | "final_text" | "latency_ms">> = {},
  ): void {
    this.client.record({
      suggestion_id: card.suggestion.id,
      kind,
      was_shown: true,
      latency_ms: Math.max(0, performance.now() - card.shownAt),
      ...more,
    });
    this.store.set(this.outcomesWaiting());
  }

  outcomesWaiting(): Pick<PaneState, "waitingOutcomes" | "isDurable"> {
    const { outcomes } = this.client;
    return { waitingOutcomes: outcomes.waiting().length, isDurable: outcomes.isDurable };
  }

  async refreshSelection(): Promise<void> {
    try {
      this.store.set({ selection: await this.host.selection() });
    } catch (error) {
      this.store.fault(error);
    }
  }

  private connected(preferences: Preferences): [Client, WorkbookSync] {
    const { host, store } = this;
    const client = new Client(
      {
        url: preferences.server,
        token: preferences.token,
        hello: {
          pane_id: keptId(this.storages.session, "pane"),
          host: {
            kind: host.kind,
            platform: host.platform.slice(0, 40),
            version: "",
            capabilities: [...host.abilities.sets, ...(host.ghosts ? ["ghosts"] : [])],
          },
          locale: host.language.slice(0, 20),
        },
        workbooks: () => this.sync.known(),
      },
      this.storages.local,
    );
    const machine = keptId(this.storages.local, "machine");
    const sync = new WorkbookSync({ client, host, workbookId: (name) => workbookIdOf(machine, name) });
    client.line.states.add((line) => store.set({ line, ...this.outcomesWaiting() }));
    client.welcomes.add((welcome) => {
      store.set({ welcome, settings: welcome.settings });
      const revisions = new Map(
        welcome.workbooks.map(({ workbook_id, revision }) => [workbook_id, revision]),
      );
      void sync.connected((id) => revisions.get(id) ?? null);
    });
    client.news.add((message) => this.heard(message));
    sync.states.add((state) => {
      store.set({ sync: state, workbook: sync.name });
      if (state.kind === "ready") this.onReady();
    });
    return [client, sync];
  }

  /** What nobody here asked for: settings, changes and verdicts that come from elsewhere. */
  private heard(message: ServerMessage): void {
    switch (message.type) {
      case "settings":
        this.store.set({ settings: message.settings });
        return;
      case "outcome_recorded":
        this.store.set(this.outcomesWaiting());
        return;
      case "workbook_changed":
        if (message.workbook_id !== this.sync.workbookId) return;
        this.sync.movedOn(message.revision);
        this.host.remoteChange(message.revision, message.places);
        return;
      case "verdict":
        this.store.setCard(message.suggestion_id, (card) => withVerdict(card, message));
        return;
    }
  }
}
