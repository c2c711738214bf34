// Builds every page of the add-in into the Python package, which serves them (and carries them in its wheel).
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const root = import.meta.dirname;
const pages = ["pane", "playground", "admin", "functions"].filter((page) =>
  existsSync(resolve(root, `${page}.html`)),
);

/** The files that Office reads, beside the pages. */
const manifests: Plugin = {
  name: "cellwright-manifests",
  apply: "build",
  buildStart() {
    this.emitFile({ type: "chunk", fileName: "functions.js", id: resolve(root, "src/functions/alone.ts") });
  },
  generateBundle() {
    for (const fileName of ["manifest.xml", "manifest.json", "shortcuts.json"]) {
      this.emitFile({ type: "asset", fileName, source: readFileSync(resolve(root, "manifest", fileName)) });
    }
    const metadata = readFileSync(resolve(root, "src/functions/functions.json"));
    this.emitFile({ type: "asset", fileName: "functions.json", source: metadata });
  },
};

export default defineConfig({
  root,
  // Relative, so that the pages work under whatever path the server mounts them.
  base: "./",
  plugins: [react(), manifests],
  build: {
    outDir: resolve(root, "../backend/cellwright/server/assets"),
    emptyOutDir: true,
    assetsDir: "static",
    target: "es2022",
    // The content security policy forbids data: and inline scripts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      input: Object.fromEntries(pages.map((page) => [page, resolve(root, `${page}.html`)])),
    },
  },
});
