// The pictures of the documentation, taken of the samples: `make pictures` writes them to docs/images.
import { mkdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Playground, startBrowser } from "./browser";
import { project, whatIsMissing } from "./missing";
import { Server } from "./server";

const folder = resolve(project, "docs/images");
const MOST_BYTES = 200_000;
const isWanted = process.env.CELLWRIGHT_WRITE_PICTURES === "1";

describe.skipIf(!isWanted || whatIsMissing() !== null)("pictures", () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    server = await Server.start();
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** `of`: a part of the page instead of all of it. */
  async function take(playground: Playground, name: string, of?: string): Promise<void> {
    const path = resolve(folder, `${name}.png`);
    // The pane is at rest: nothing appears, nothing is under way.
    await playground.page.locator(".phase").waitFor({ state: "hidden" });
    await playground.page.waitForTimeout(300);
    await (of === undefined ? playground.page : playground.page.locator(of)).screenshot({ path });
    expect(statSync(path).size).toBeLessThan(MOST_BYTES);
  }

  it("of a suggestion, before and after it is accepted", async () => {
    const playground = await Playground.open(browser, server, { width: 1120, height: 560 });
    await playground.suggestion();
    await take(playground, "suggestion");
    await playground.button(/Fill to E7/).click();
    await playground.applied.waitFor();
    await take(playground, "accepted");
    await playground.close();
  });

  it("of a suggestion in the dark", async () => {
    const playground = await Playground.open(browser, server, {
      width: 1120,
      height: 560,
      colorScheme: "dark",
    });
    await playground.suggestion();
    await take(playground, "dark");
    await playground.close();
  });

  it("of an explanation", async () => {
    const playground = await Playground.open(browser, server, { width: 1120, height: 640 });
    await playground.suggestion();
    await playground.click(4, 3);
    await playground.expectSelected("C4");
    await playground.button("Explain").click();
    await playground.page.locator(".explanation .steps").waitFor();
    await take(playground, "explanation", ".pane-slot");
    await playground.close();
  });

  it("of an audit", async () => {
    const playground = await Playground.open(browser, server, { width: 1120, height: 640 });
    await playground.suggestion();
    await playground.openSample("Project plan");
    await playground.page.getByRole("tab", { name: "Audit" }).click();
    await playground.button("Look through the workbook").click();
    await playground.page.locator(".finding").first().waitFor();
    await take(playground, "audit", ".pane-slot");
    await playground.close();
  });
});
