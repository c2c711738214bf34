// @vitest-environment node
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { build, type Rolldown } from "vite";
import { describe, expect, it, vi } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const BUDGET_BYTES = 150_000;

/** The task pane's page as it is built for people, in memory. */
async function builtPane(): Promise<(Rolldown.OutputChunk | Rolldown.OutputAsset)[]> {
  // Vitest's own environment would bring React's development build.
  vi.stubEnv("NODE_ENV", "production");
  const built = await build({
    root,
    mode: "production",
    configFile: false,
    logLevel: "silent",
    plugins: [react()],
    build: {
      write: false,
      target: "es2022",
      assetsInlineLimit: 0,
      rolldownOptions: { input: resolve(root, "pane.html") },
    },
  });
  return (Array.isArray(built) ? built : [built]).flatMap((result) =>
    "output" in result ? result.output : [],
  );
}

describe("the pane's bundle", () => {
  it("is under 150 KB gzip, all its scripts and styles together, and has no grid in it", async () => {
    const files = await builtPane();
    const sizes = files
      .filter(({ fileName }) => /\.(?:js|css)$/.test(fileName))
      .map(
        (file) =>
          [
            file.fileName,
            gzipSync(file.type === "chunk" ? file.code : file.source, { level: 9 }).length,
          ] as const,
      );
    const total = sizes.reduce((sum, [, size]) => sum + size, 0);
    expect(sizes.length).toBeGreaterThan(1);
    expect(total, JSON.stringify(sizes)).toBeLessThan(BUDGET_BYTES);
    const modules = files.flatMap((file) => (file.type === "chunk" ? Object.keys(file.modules) : []));
    expect(modules.length).toBeGreaterThan(50);
    expect(modules.filter((id) => /ironcalc|src\/playground/.test(id))).toEqual([]);
  });
});
