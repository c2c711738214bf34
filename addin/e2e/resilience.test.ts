// The server dies without a word while something is under way: nothing that a person decided is lost.
import { beforeEach, expect, it } from "vitest";
import type { Block } from "../src/protocol/messages";
import { Playground } from "./browser";
import { endToEnd } from "./running";

endToEnd("a server that is killed", (running) => {
  let playground: Playground;

  beforeEach(async () => {
    playground = await Playground.open(running);
    await playground.suggestion();
  });

  it("costs no decision: a rejection made while it is down is in the store after it is back", async () => {
    await running.server.kill();
    await playground.page.getByText(/The server cannot be reached/).waitFor();
    await playground.card.focus();
    await playground.press("1");
    await playground.page.getByText(/1 decision waits to be sent/).waitFor();
    await playground.screenshot("offline");

    await running.server.boot();
    await playground.page
      .getByText(/The server cannot be reached/)
      .waitFor({ state: "hidden", timeout: 30_000 });
    await expect
      .poll(async () => (await running.server.feedback()).filter((entry) => entry.outcome === "rejected"), {
        timeout: 20_000,
      })
      .toMatchObject([{ target: "Report!E6", reject_reason: "wrong_result" }]);
    await playground.close();
  });

  it("in the middle of a suggestion: the pane reconnects by itself and the suggestion comes after all", async () => {
    // What was typed before the line dropped is still in the workbook after the server is back.
    await playground.click(4, 7);
    await playground.type("12.75");
    await playground.click(5, 7);
    await playground.expectSelected("G5", "empty");
    // The request for this cell is on its way when the process dies.
    await playground.press("ArrowLeft", "ArrowLeft", "ArrowDown");
    await running.server.kill();
    await playground.page.getByText(/The server cannot be reached/).waitFor();
    await running.server.boot();
    await playground.page
      .getByText(/The server cannot be reached/)
      .waitFor({ state: "hidden", timeout: 30_000 });
    await playground.expectSelected("E6", "empty");
    await playground.suggestion();
    expect(await playground.suggestion()).toContain("=C6/$C$8");
    await playground.button("Accept").click();
    await playground.applied.waitFor();
    const book = await playground.page.evaluate(() => sessionStorage.getItem("cellwright.playground.book"));
    const blocks = (await (await running.server.api(`workbooks/${book}/blocks?sheet=Report`)).json()).blocks;
    expect(JSON.stringify(blocks)).toContain("=C6/$C$8");
    const typed = (blocks as Block[]).flatMap((block) => block.values.flat());
    expect(typed).toContain(12.75);
    await playground.screenshot("reconnected");
    await playground.close();
  });
});
