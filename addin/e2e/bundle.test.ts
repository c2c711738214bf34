// What each page loads, followed from the built HTML: sizes, and what must not be among it.
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { project } from "./missing";

const assets = resolve(project, "backend/cellwright/server/assets");
const MOST_PANE_BYTES = 150_000;

/** The scripts and style sheets that a page loads at once, imports of imports included. */
function loadedBy(page: string): string[] {
  const found = new Set<string>();
  const follow = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    if (!path.endsWith(".js")) return;
    for (const [, specifier] of readFileSync(path, "utf8").matchAll(/(?:from|import)\s*"(\.[^"]+\.js)"/g)) {
      follow(resolve(dirname(path), specifier ?? ""));
    }
  };
  const html = readFileSync(resolve(assets, page), "utf8");
  for (const [, path] of html.matchAll(/(?:src|href)="(\.\/[^"]+\.(?:js|css))"/g))
    follow(resolve(assets, path ?? ""));
  return [...found];
}

describe.skipIf(!existsSync(resolve(assets, "pane.html")))("the built pages", () => {
  it("load a pane of less than 150 KB gzip, without the grid", () => {
    const files = loadedBy("pane.html");
    const size = files.reduce((sum, path) => sum + gzipSync(readFileSync(path), { level: 9 }).length, 0);
    console.log(`pane: ${(size / 1000).toFixed(1)} KB gzip in ${files.length} files`);
    expect(files.length).toBeGreaterThan(2);
    expect(size).toBeLessThan(MOST_PANE_BYTES);
    expect(files.filter((path) => readFileSync(path, "utf8").includes("ic-worksheet"))).toEqual([]);
  });

  it("never load Office.js in the playground, and nothing from another place than the server", () => {
    const texts = loadedBy("playground.html").map((path) => readFileSync(path, "utf8"));
    expect(texts.filter((text) => text.includes("appsforoffice"))).toEqual([]);
    for (const page of ["pane.html", "playground.html"]) {
      const html = readFileSync(resolve(assets, page), "utf8");
      expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      // The content security policy allows no script inside the page.
      expect(html).not.toMatch(/<script(?![^>]*src=)/);
    }
  });
});
