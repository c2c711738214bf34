/**
 * Whether anything leaves this machine, computed and not claimed: from where the line really goes and from
 * what the server says of itself. Both must say so for "on this machine".
 */

import type { LineState } from "../client/line";
import type { Welcome } from "../protocol/messages";

export type Privacy = "local" | "remote" | "unknown";

export function isLoopback(hostname: string): boolean {
  const name = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    /^127(?:\.\d{1,3}){3}$/.test(name) ||
    name === "::1"
  );
}

export function privacyOf(server: string, line: LineState, welcome: Welcome | null): Privacy {
  if (line.kind !== "online" || !welcome) return "unknown";
  return isLoopback(new URL(server).hostname) && welcome.is_local ? "local" : "remote";
}
