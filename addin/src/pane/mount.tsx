/**
 * Puts the pane into an element: in Excel's task pane over real Office.js, in the playground over its shim.
 * It loads no Office.js itself and needs nothing of the page round it.
 */

import { createRoot } from "react-dom/client";
import { browserStorage, ownServer, readPreferences } from "../client/settings";
import { createHost } from "../host/host";
import type { Surroundings } from "../host/surface";
import "../styles/base.css";
import "../styles/pane.css";
import "../styles/suggest.css";
import "../styles/views.css";
import "../styles/ask.css";
import "../styles/wishes.css";
import { App } from "./App";
import { PaneSession } from "./session";

export interface MountOptions {
  readonly surroundings: Surroundings;
  /** Of the page's address; wins over the token that was kept. */
  readonly token?: string | null;
  /** `wss://host/ws`; by default the server that the page came from. */
  readonly server?: string;
  readonly officeBackground?: string | undefined;
}

export interface MountedPane {
  readonly session: PaneSession;
  unmount(): void;
}

export function mountPane(element: HTMLElement, options: MountOptions): MountedPane {
  const local = browserStorage("localStorage");
  const stored = readPreferences(local, {
    server: options.server ?? ownServer(location),
    token: "",
    theme: "system",
    localFormulas: true,
  });
  const preferences = options.token ? { ...stored, token: options.token } : stored;
  const session = new PaneSession({
    host: createHost(options.surroundings),
    preferences,
    local,
    session: browserStorage("sessionStorage"),
  });
  const root = createRoot(element);
  root.render(<App session={session} officeBackground={options.officeBackground} />);
  session.start().catch((error: unknown) => session.store.fault(error));
  return {
    session,
    unmount: () => {
      session.stop();
      root.unmount();
    },
  };
}
