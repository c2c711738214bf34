// The pictures of the documentation, taken of the samples: `make pictures` writes them to docs/images.
import { mkdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { Playground } from "./browser";
import { project } from "./missing";
import { endToEnd } from "./running";

const folder = resolve(project, "docs/images");
const MOST_BYTES = 200_000;
const isWanted = process.env.CELLWRIGHT_WRITE_PICTURES === "1";

endToEnd(
  "pictures",
  (running) => {
    beforeAll(async () => {
      mkdirSync(folder, { recursive: true });
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
      const playground = await Playground.open(running, { width: 1120, height: 560 });
      await playground.suggestion();
      await take(playground, "suggestion");
      await playground.button(/Fill to E7/).click();
      await playground.applied.waitFor();
      await take(playground, "accepted");
      await playground.close();
    });

    it("of a suggestion in the dark", async () => {
      const playground = await Playground.open(running, {
        width: 1120,
        height: 560,
        colorScheme: "dark",
      });
      await playground.suggestion();
      await take(playground, "dark");
      await playground.close();
    });

    it("of an explanation", async () => {
      const playground = await Playground.open(running, { width: 1120, height: 640 });
      await playground.suggestion();
      await playground.click(4, 3);
      await playground.expectSelected("C4");
      await playground.button("Explain").click();
      await playground.page.locator(".explanation .steps").waitFor();
      await take(playground, "explanation", ".pane-slot");
      await playground.close();
    });

    it("of an audit", async () => {
      const playground = await Playground.open(running, { width: 1120, height: 640 });
      await playground.suggestion();
      await playground.openSample("Project plan");
      await playground.page.getByRole("tab", { name: "Audit" }).click();
      await playground.button("Look through the workbook").click();
      await playground.page.locator(".finding").first().waitFor();
      await take(playground, "audit", ".pane-slot");
      await playground.close();
    });
  },
  isWanted,
);
