import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  // The languages of formulas are the backend's table, outside this folder.
  server: { fs: { allow: [".."] } },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}", "manifest/**/*.test.ts"],
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
