// Asking in words: a plan with its steps is accepted and taken back, a question is answered with its cells.
import { expect, it } from "vitest";
import { Playground } from "./browser";
import { endToEnd } from "./running";

endToEnd("asking", (running) => {
  it("does what was asked for after a yes, takes it back, and answers a question", async () => {
    const playground = await Playground.open(running);
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

    for (const request of ["Make the header italic", "Sort by Net in descending order"]) {
      await box.fill(request);
      await box.press("Enter");
      await page
        .locator(".exchange")
        .last()
        .getByRole("button", { name: "Do 1 step" })
        .waitFor({ timeout: 20_000 });
    }
    await box.fill("What is the highest Net?");
    await box.press("Enter");
    await page.locator(".outcome-answer").waitFor({ timeout: 20_000 });
    await playground.screenshot("ask-answer");
    await playground.click(9, 2);
    await playground.button("Write it into B9").click();
    await playground.button("Accept").waitFor();
    await playground.screenshot("ask-write");
    await playground.button("Accept").click();
    await page.locator(".outcome-answer .applied-item").waitFor();
    await playground.press("ArrowUp", "ArrowDown");
    await page.locator(".outcome-answer").getByRole("button", { name: /undo/i }).click();
    await page.locator(".outcome-answer").getByText("Taken back").waitFor();
    // However long the conversation, the pane scrolls and the page does not, and the pane is whole.
    const heights = await page.evaluate(() => {
      const pane = document.querySelector<HTMLElement>(".pane");
      return [
        document.documentElement.scrollHeight - innerHeight,
        (pane?.scrollHeight ?? 0) - (pane?.offsetHeight ?? 0),
      ];
    });
    expect(heights).toEqual([0, 0]);
    await expect
      .poll(async () => (await running.server.feedback()).map(({ outcome }) => outcome), { timeout: 15_000 })
      .toContain("undone");
    expect(playground.complaints).toEqual([]);
    await playground.close();
  });
});
