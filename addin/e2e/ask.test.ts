// Asking in words: a plan with its steps is accepted and taken back, a question is answered with its cells.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Playground, startBrowser } from "./browser";
import { whatIsMissing } from "./missing";
import { Server } from "./server";

describe.skipIf(whatIsMissing() !== null)("asking", () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    server = await Server.start();
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("does what was asked for after a yes, takes it back, and answers a question", async () => {
    const playground = await Playground.open(browser, server);
    const { page } = playground;
    await playground.suggestion();
    await page.getByRole("tab", { name: "Ask" }).click();
    const box = page.getByLabel("What you want, or want to know");
    await box.fill("Make the header bold");
    await box.press("Enter");
    await playground.button("Do 1 step").waitFor({ timeout: 20_000 });
    await playground.screenshot("ask-plan");
    await playground.button("Do 1 step").click();
    await playground.applied.getByRole("button", { name: /undo/i }).click();
    await playground.applied.getByText("Taken back").waitFor();

    await box.fill("What is the highest Net?");
    await box.press("Enter");
    await page.locator(".outcome-answer").waitFor({ timeout: 20_000 });
    await playground.screenshot("ask-answer");
    await expect
      .poll(async () => (await server.feedback()).map(({ outcome }) => outcome), { timeout: 15_000 })
      .toContain("undone");
    expect(playground.complaints).toEqual([]);
    await playground.close();
  });
});
