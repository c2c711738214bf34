// What the end-to-end tests need of the machine: a browser, an installed backend, built pages.
import { existsSync } from "node:fs";
import { resolve } from "node:path";

export const project = resolve(import.meta.dirname, "../..");
export const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path !== undefined && existsSync(path),
);
export const cellwright = process.env.CELLWRIGHT_BIN ?? resolve(project, ".venv/bin/cellwright");

/** One sentence, or null where nothing is missing. */
export function whatIsMissing(): string | null {
  if (chromium === undefined) {
    return "no Chromium at /usr/bin/chromium (Debian's package chromium; or set CHROMIUM to its path)";
  }
  if (!existsSync(cellwright)) return `no ${cellwright} (make setup)`;
  if (!existsSync(resolve(project, "backend/cellwright/server/assets/playground.html"))) {
    return "the pages are not built (make assets)";
  }
  return null;
}
