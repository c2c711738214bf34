/** What this browser remembers for the pane: where the server is, its token, how things are shown. */

import { newId } from "./ids";

export type Theme = "system" | "light" | "dark";

export interface Preferences {
  /** The websocket's address. */
  readonly server: string;
  readonly token: string;
  readonly theme: Theme;
  readonly localFormulas: boolean;
}

const KEY = "cellwright.preferences";
const PANE_KEY = "cellwright.pane";
const MACHINE_KEY = "cellwright.machine";

/** The store of the browser, or null where it refuses (private windows, blocked third-party storage). */
export function browserStorage(kind: "localStorage" | "sessionStorage"): Storage | null {
  try {
    const storage = window[kind];
    storage.setItem("cellwright.probe", "");
    storage.removeItem("cellwright.probe");
    return storage;
  } catch {
    return null;
  }
}

/** `ws(s)://host/ws` of the page's own server. */
export function ownServer(location: Pick<Location, "protocol" | "host">): string {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`;
}

/** What a person typed as a server, as the websocket's address; null where it is none. */
export function serverAddress(text: string): string | null {
  try {
    const url = new URL(text.trim());
    const scheme = { "http:": "ws:", "https:": "wss:", "ws:": "ws:", "wss:": "wss:" }[url.protocol];
    if (!scheme || url.host === "") return null;
    return `${scheme}//${url.host}${url.pathname === "/" ? "/ws" : url.pathname}`;
  } catch {
    return null;
  }
}

export function readPreferences(storage: Storage | null, defaults: Preferences): Preferences {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(KEY) ?? "{}");
    const { server, token, theme, localFormulas } = (stored ?? {}) as Partial<
      Record<keyof Preferences, unknown>
    >;
    return {
      server: typeof server === "string" ? (serverAddress(server) ?? defaults.server) : defaults.server,
      token: typeof token === "string" && token !== "" ? token : defaults.token,
      theme: theme === "light" || theme === "dark" ? theme : defaults.theme,
      localFormulas: typeof localFormulas === "boolean" ? localFormulas : defaults.localFormulas,
    };
  } catch {
    return defaults;
  }
}

export function writePreferences(storage: Storage | null, preferences: Preferences): void {
  try {
    storage?.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // They hold for this page then.
  }
}

/** `#token=...` of the address, taken out of it at once: it must not end up in bookmarks or screenshots. */
export function takeToken(location: Location, history: Pick<History, "replaceState"> | null): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null || token === "") return null;
  // Office.js takes replaceState away; then the fragment stays.
  history?.replaceState?.(null, "", location.pathname + location.search);
  return token;
}

/** An id made once and kept: of this pane over reloads, of this machine for good. */
export function keptId(storage: Storage | null, which: "pane" | "machine"): string {
  const key = which === "pane" ? PANE_KEY : MACHINE_KEY;
  try {
    const known = storage?.getItem(key);
    if (known) return known;
    const id = newId();
    storage?.setItem(key, id);
    return id;
  } catch {
    return newId();
  }
}

/** The id of a workbook that only the host has: from its name and this machine, the same in all panes. */
export function workbookIdOf(machine: string, name: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(`${machine}/${name}`)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return `host-${hash.toString(16).padStart(16, "0")}-${machine.slice(0, 8)}`;
}
