// A block of end-to-end tests over one real server and one real browser.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import { startBrowser } from "./browser";
import { whatIsMissing } from "./missing";
import { Server } from "./server";

export interface Running {
  readonly server: Server;
  readonly browser: Browser;
}

/** The tests find server and browser in what they are given, once they run; where one is missing they are skipped. */
export function endToEnd(name: string, tests: (running: Running) => void, isWanted = true): void {
  describe.skipIf(!isWanted || whatIsMissing() !== null)(name, () => {
    const running: { server?: Server; browser?: Browser } = {};

    beforeAll(async () => {
      running.server = await Server.start();
      running.browser = await startBrowser();
    });

    afterAll(async () => {
      await running.browser?.close();
      await running.server?.stop();
    });

    tests(running as Running);
  });
}
