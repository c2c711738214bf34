/** Ribbon buttons, context menu and keyboard shortcuts: what each action does in the shared runtime. */

import type { PaneSession } from "../pane/session";
import { ACTIONS } from "./ids";

type Action = (typeof ACTIONS)[keyof typeof ACTIONS];

/** The part of Office.js that commands use. */
export interface CommandSurface {
  readonly actions: {
    associate(id: string, action: (event?: { completed(): void }) => Promise<void> | void): void;
  };
  readonly addin?: { showAsTaskpane(): Promise<void> };
}

export function commandsOf(
  session: PaneSession,
  showPane: () => Promise<void>,
): Record<Action, () => Promise<void>> {
  /** Shows the pane first where its answer is read there. */
  const inPane = (act: () => Promise<void> | void) => async () => {
    await showPane();
    await act();
  };
  return {
    [ACTIONS.showPane]: inPane(() => {}),
    [ACTIONS.suggest]: inPane(() => {
      session.show("suggest");
      return session.suggestions.suggest();
    }),
    [ACTIONS.accept]: async () => {
      session.decisions.acceptFirst();
    },
    [ACTIONS.reject]: async () => {
      session.decisions.rejectFirst();
    },
    [ACTIONS.undo]: async () => {
      session.decisions.undoLast();
    },
    [ACTIONS.explain]: inPane(() => {
      session.show("suggest");
      return session.inquiries.explain();
    }),
    [ACTIONS.fix]: inPane(() => {
      session.show("suggest");
      return session.suggestions.fix();
    }),
    [ACTIONS.audit]: inPane(() => {
      session.show("audit");
      return session.inquiries.audit();
    }),
  };
}

/** Tells Excel what each id does. A button waits for `completed`, a shortcut hands no event. */
export function registerCommands(
  session: PaneSession,
  surface: CommandSurface = Office as unknown as CommandSurface,
): void {
  const showPane = async () => surface.addin?.showAsTaskpane();
  for (const [id, act] of Object.entries(commandsOf(session, showPane))) {
    surface.actions.associate(id, async (event) => {
      try {
        await act();
      } finally {
        event?.completed();
      }
    });
  }
}
