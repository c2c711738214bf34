import { expect, it } from "vitest";
import { findings } from "./axe";
import { Playground, type View } from "./browser";
import { endToEnd } from "./running";

const VIEWS: Record<string, View> = {
  light: {},
  dark: { colorScheme: "dark" },
  narrow: { width: 320, height: 800 },
  "narrow-dark": { width: 400, height: 800, colorScheme: "dark" },
  wide: { width: 1920, height: 1080 },
  "high-contrast": { forcedColors: "active", colorScheme: "dark" },
};

endToEnd("accessibility", (running) => {
  it.each(Object.keys(VIEWS))("of the playground with a suggestion, %s", async (name) => {
    const playground = await Playground.open(running, VIEWS[name]);
    await playground.suggestion();
    await playground.screenshot(`view-${name}`);
    expect(await findings(playground.page)).toEqual([]);
    // Nothing is cut off at the side: the page never scrolls sideways.
    const overflow = await playground.page.evaluate(
      () => document.documentElement.scrollWidth - window.innerWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    await playground.close();
  });

  it.each(["Ask", "Audit", "History", "Settings"])("of the view %s", async (name) => {
    const playground = await Playground.open(running);
    await playground.suggestion();
    if (name === "Audit") await playground.openSample("Project plan");
    await playground.page.getByRole("tab", { name }).click();
    if (name === "Audit") {
      await playground.button("Look through the workbook").click();
      await playground.page.locator(".finding").first().waitFor();
    } else if (name === "History") await playground.page.locator(".entry").first().waitFor();
    else if (name === "Ask") await playground.page.locator(".ask-intro").waitFor();
    else await playground.page.getByText("About", { exact: true }).waitFor();
    await playground.screenshot(`view-${name.toLowerCase()}`);
    expect(await findings(playground.page)).toEqual([]);
    await playground.close();
  });

  it("of an explanation and of the dialog about limits", async () => {
    const playground = await Playground.open(running);
    await playground.suggestion();
    await playground.click(4, 5);
    await playground.expectSelected("E4");
    await playground.button("Explain").click();
    await playground.page.locator(".explanation .steps").waitFor();
    await playground.screenshot("explanation");
    expect(await findings(playground.page)).toEqual([]);
    await playground.page.getByRole("button", { name: "What this can’t do" }).click();
    expect(await findings(playground.page)).toEqual([]);
    await playground.close();
  });

  it("of the task pane's page outside of Excel, which says where the playground is", async () => {
    const page = await running.browser.newPage();
    await page.goto(`${running.server.url}pane.html`);
    await page.getByRole("link").waitFor();
    expect(await findings(page)).toEqual([]);
    await page.screenshot({ path: `${import.meta.dirname}/artifacts/pane-without-excel.png` });
    await page.close();
  });
});
