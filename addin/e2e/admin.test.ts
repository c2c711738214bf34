// The admin page over a real server: what was decided in the playground is found, traced, labelled; axe-core.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { findings } from "./axe";
import { Playground } from "./browser";
import { endToEnd } from "./running";

endToEnd("the admin page", (running) => {
  beforeAll(async () => {
    const playground = await Playground.open(running);
    await playground.suggestion();
    await playground.button("Accept").click();
    await playground.applied.waitFor();
    await playground.close();
  });

  const token = (): string =>
    (JSON.parse(readFileSync(join(running.server.home, "server-tokens.json"), "utf8")) as { admin: string })
      .admin;

  async function open(colorScheme: "light" | "dark"): Promise<{ page: Page; complaints: string[] }> {
    const context = await running.browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(`${running.server.url}admin.html#token=${token()}`);
    await page.locator(".queue-line").first().waitFor({ timeout: 30_000 });
    return { page, complaints };
  }

  it("shows what was accepted in the playground, takes a label by key, keeps it", async () => {
    const { page, complaints } = await open("light");
    expect(page.url()).not.toContain("token");
    await page.getByLabel("outcome", { exact: true }).selectOption("accepted");
    const line = page.locator(".queue-line").first();
    await expect.poll(() => line.innerText(), { timeout: 10_000 }).toContain("accepted");
    await page.getByRole("heading", { name: "Candidates" }).waitFor();
    expect(await page.locator(".grid-diff ins").count()).toBeGreaterThan(0);
    await page.getByRole("listbox").focus();
    await page.keyboard.press("n");
    await page.keyboard.type("as in the row above");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await expect.poll(() => line.innerText(), { timeout: 10_000 }).toContain("good");
    await page.getByRole("searchbox").fill("above");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator(".queue-line").count(), { timeout: 10_000 }).toBe(1);
    await page.getByRole("tab", { name: "Audit trail" }).click();
    await page.getByText("label good").waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.each(["light", "dark"] as const)("is accessible in every view, %s", async (scheme) => {
    const { page, complaints } = await open(scheme);
    const tabs = page.getByRole("tab");
    for (let at = 0; at < (await tabs.count()); at++) {
      const tab = tabs.nth(at);
      await tab.click();
      await page.locator("#view :is(table, form, .chart, .empty, [role='option'])").first().waitFor();
      await page.waitForTimeout(700);
      const name = (await tab.innerText()).toLowerCase().replaceAll(" ", "-");
      await page.screenshot({ path: resolve(import.meta.dirname, `artifacts/admin-${name}-${scheme}.png`) });
      expect(await findings(page, true), name).toEqual([]);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("lets nobody in with a user's token", async () => {
    const page = await running.browser.newPage();
    await page.goto(`${running.server.url}admin.html#token=${running.server.token}`);
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").innerText()).toContain("for administrators");
    expect(await findings(page, true)).toEqual([]);
    await page.close();
  });
});
