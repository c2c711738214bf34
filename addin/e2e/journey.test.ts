// The whole journey: a suggestion streams in, is previewed, accepted, recalculates, is undone, and is saved.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Playground } from "./browser";
import { project } from "./missing";
import { endToEnd } from "./running";

const python = resolve(project, ".venv/bin/python");

/** A workbook with parts that nobody here edits: a chart, a comment, a second sheet, another program's part. */
const OWN_BOOK = `
import sys, zipfile, openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "Stock-2026"
sheet.append(["Item", "Count", "Price", "Worth"])
for row in range(2, 10):
    sheet.append([f"Item {row}", row, row * 1.5, f"=B{row}*C{row}" if row < 8 else None])
sheet["A3"].comment = Comment("counted twice", "a person")
chart = BarChart()
chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=9), titles_from_data=True)
sheet.add_chart(chart, "H2")
book.create_sheet("Notes & more")["B2"] = "='Stock-2026'!D2*2"
book.save(sys.argv[1])
with zipfile.ZipFile(sys.argv[1], "a") as archive:
    archive.writestr("customXml/item1.xml", "<own xmlns='urn:example:own'>kept</own>")
`;

/** Names and sha256 of the members of a zip. */
function members(path: string): Record<string, string> {
  const program =
    "import sys,zipfile,hashlib,json; z=zipfile.ZipFile(sys.argv[1]);" +
    "print(json.dumps({n: hashlib.sha256(z.read(n)).hexdigest() for n in z.namelist()}))";
  return JSON.parse(execFileSync(python, ["-c", program, path], { encoding: "utf8" }));
}

/** A cell of a saved file, read by openpyxl. */
function cellOf(path: string, sheet: string, cell: string): [value: unknown, numberFormat: string] {
  const program =
    "import sys,json,openpyxl; c=openpyxl.load_workbook(sys.argv[1])[sys.argv[2]][sys.argv[3]];" +
    "print(json.dumps([c.value, c.number_format]))";
  return JSON.parse(
    execFileSync(python, ["-W", "ignore", "-c", program, path, sheet, cell], { encoding: "utf8" }),
  );
}

endToEnd("the journey", (running) => {
  let playground: Playground;

  beforeEach(async () => {
    playground = await Playground.open(running);
  });

  afterEach(async () => {
    expect(playground.complaints).toEqual([]);
    await playground.close();
  });

  async function save(name: string): Promise<string> {
    const downloading = playground.page.waitForEvent("download");
    await playground.page.getByRole("button", { name: "Save a copy" }).click();
    const path = join(mkdtempSync(join(tmpdir(), "cellwright-saved-")), name);
    await (await downloading).saveAs(path);
    return path;
  }

  it("opens a sample and shows the first suggestion without another step", async () => {
    await playground.expectSelected("E6", "empty");
    await playground.suggestion();
    expect(await playground.suggestion()).toContain("=C6/$C$8");
    expect(await playground.suggestion()).toContain("Verified");
    await expect.poll(() => playground.ghosts.allInnerTexts()).toEqual(["31.0%"]);
    await playground.screenshot("first-suggestion");
  });

  it("previews without writing, accepts, recalculates, undoes exactly, and saves all of it", async () => {
    await playground.suggestion();
    const book = await playground.page.evaluate(() => sessionStorage.getItem("cellwright.playground.book"));
    const before = await (await running.server.api(`workbooks/${book}/blocks?sheet=Report`)).json();
    expect(await playground.selected()).toMatchObject({ cell: "E6", content: "empty" });

    await playground.button("Accept").click();
    await playground.applied.getByRole("button", { name: /undo/i }).waitFor();
    await playground.click(6, 5);
    await playground.expectSelected("E6", /=C6\/\$C\$8\s+31\.0%/);
    await playground.screenshot("accepted");

    // South's orders change on another sheet; the accepted formula follows.
    const orderedOf = async (count: string) => {
      await playground.openSheet("Orders");
      await playground.click(5, 1);
      await playground.press("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight");
      await playground.expectSelected("E5");
      await playground.type(count);
      await playground.openSheet("Report");
    };
    await orderedOf("700");
    await playground.click(6, 5);
    await playground.expectSelected("E6", /^=C6\/\$C\$8\s+8\d\.\d%$/);

    const saved = await save("sales.xlsx");
    expect(cellOf(saved, "Report", "E6")).toEqual(["=C6/$C$8", "0.0%"]);
    expect(cellOf(saved, "Orders", "E5")).toEqual([700, "General"]);
    const [old, now] = [members(resolve(project, "samples/sales.xlsx")), members(saved)];
    const changed = Object.keys(old).filter((name) => old[name] !== now[name]);
    expect(Object.keys(now).filter((name) => !(name in old))).toEqual([]);
    expect(changed.filter((name) => !/sheet[13]\.xml$|workbook\.xml$|calcChain/.test(name))).toEqual([]);
    await playground.screenshot("saved");

    // Back to what it was, then the suggestion is taken back: every cell of the sheet as it was.
    await orderedOf("7");
    await playground.applied.getByRole("button", { name: /undo/i }).click();
    await playground.applied.getByText("Taken back").waitFor();
    await playground.click(6, 5);
    await playground.expectSelected("E6", "empty");
    await expect
      .poll(
        async () => (await (await running.server.api(`workbooks/${book}/blocks?sheet=Report`)).json()).blocks,
      )
      .toEqual(before.blocks);
    await playground.screenshot("undone");
  });

  it("accepts with Tab in the grid, and Esc takes the ghosts away", async () => {
    await expect.poll(() => playground.ghosts.count()).toBe(1);
    await playground.click(6, 5);
    await expect.poll(() => playground.ghosts.count()).toBe(1);
    await playground.press("Escape");
    await expect.poll(() => playground.ghosts.count()).toBe(0);
    await playground.press("ArrowLeft");
    await playground.expectSelected("D6");
    await playground.press("ArrowRight");
    await expect.poll(() => playground.ghosts.allInnerTexts()).toEqual(["31.0%"]);
    await playground.press("Tab");
    await playground.applied.waitFor();
    await expect.poll(() => playground.ghosts.count()).toBe(0);
    await playground.expectSelected("E6", /=C6\/\$C\$8\s+31\.0%/);
  });

  it("fills down with one key, and takes both cells back", async () => {
    await playground.button(/Fill to E7/).click();
    await playground.applied.waitFor();
    await playground.click(7, 5);
    await playground.expectSelected("E7", /=C7\/\$C\$8\s+16\.8%/);
    await playground.applied.getByRole("button", { name: /undo/i }).click();
    await playground.applied.getByText("Taken back").waitFor();
    await playground.press("ArrowUp");
    await playground.expectSelected("E6", "empty");
    await playground.press("ArrowDown");
    await playground.expectSelected("E7", "empty");
  });

  it("saves a format that the person sets, and warns of a sheet that the file does not get", async () => {
    await playground.suggestion();
    await playground.click(4, 3);
    await playground.expectSelected("C4");
    await playground.press("Control+b");
    const saved = await save("bold.xlsx");
    const font = (cell: string) => {
      const program =
        "import sys,json,openpyxl; c=openpyxl.load_workbook(sys.argv[1])['Report'][sys.argv[2]];" +
        "print(json.dumps([c.font.b, c.font.sz, c.font.name, c.number_format, c.fill.fgColor.rgb, c.border.top.style]))";
      return JSON.parse(
        execFileSync(python, ["-W", "ignore", "-c", program, saved, cell], { encoding: "utf8" }),
      );
    };
    expect(font("C4")).toEqual([true, ...font("C5").slice(1)]);
    expect(font("C5")[0]).toBe(false);
    expect(cellOf(saved, "Report", "C4")).toEqual([
      "=SUMIF(Orders!$C$2:$C$61,A4,Orders!$H$2:$H$61)",
      "#,##0.00",
    ]);
    await playground.page
      .locator(".grid")
      .getByRole("button", { name: /add.*sheet|new sheet/i })
      .click();
    await save("more.xlsx");
    await playground.page.getByText(/Not saved, because the file has no such sheet: Sheet/).waitFor();
  });

  it("keeps a rejection and its reason in the store", async () => {
    await playground.suggestion();
    await playground.card.focus();
    await playground.press("2");
    await expect
      .poll(async () => (await running.server.feedback()).filter((entry) => entry.outcome === "rejected"), {
        timeout: 15_000,
      })
      .toMatchObject([{ target: "Report!E6", edits: ["FORMULA | Report!E6 | =C6/$C$8"] }]);
    const [rejected] = (await running.server.feedback()).filter((entry) => entry.outcome === "rejected");
    expect(rejected?.reject_reason).toBe("wrong_cells");
    await playground.screenshot("rejected");
  });

  it("saves a person's own file with every part that its edits do not need as it was", async () => {
    await playground.suggestion();
    const own = join(mkdtempSync(join(tmpdir(), "cellwright-own-")), "own.xlsx");
    execFileSync(python, ["-W", "ignore", "-c", OWN_BOOK, own]);
    await playground.openFile(own);
    await playground.click(8, 4);
    await playground.expectSelected("D8", "empty");
    expect(await playground.suggestion()).toContain("=B8*C8");
    await playground.button("Accept").click();
    await playground.applied.waitFor();
    await playground.click(2, 6);
    await playground.expectSelected("F2", "empty");
    await playground.type("a note of mine");

    const saved = await save("own.xlsx");
    expect(cellOf(saved, "Stock-2026", "D8")[0]).toBe("=B8*C8");
    expect(cellOf(saved, "Stock-2026", "F2")[0]).toBe("a note of mine");
    const [old, now] = [members(own), members(saved)];
    expect(Object.keys(now)).toEqual(Object.keys(old));
    for (const part of ["charts/chart1", "comments/comment1", "drawings/drawing1", "worksheets/sheet2"])
      expect(Object.keys(old), part).toContain(`xl/${part}.xml`);
    const changed = Object.keys(old).filter((name) => old[name] !== now[name]);
    expect(changed).toEqual(["xl/worksheets/sheet1.xml"]);
    await playground.screenshot("own-file-saved");
  });

  it("opens a person's own file by the picker and by dropping it, and says what is no workbook", async () => {
    await playground.suggestion();
    await playground.openFile(resolve(project, "samples/budget.xlsx"));
    await playground.expectSelected("A1");
    await playground.screenshot("own-file");

    const bytes = readFileSync(resolve(project, "samples/meter.xlsx")).toString("base64");
    const drop = async (name: string, content: string) => {
      const data = await playground.page.evaluateHandle(
        ([fileName, base64]) => {
          const transfer = new DataTransfer();
          const raw = Uint8Array.from(atob(base64 ?? ""), (letter) => letter.charCodeAt(0));
          transfer.items.add(new File([raw], fileName ?? ""));
          return transfer;
        },
        [name, content],
      );
      await playground.page.dispatchEvent(".playground", "drop", { dataTransfer: data });
    };
    await drop("meter.xlsx", bytes);
    await playground.expectBook("meter.xlsx");
    await drop("notes.txt", btoa("hello"));
    await playground.page.getByText("Cellwright opens .xlsx and .xlsm workbooks.").waitFor();
    await playground.page.getByRole("button", { name: "What this can’t do" }).click();
    await playground.page.getByText("conditional formats are not drawn (1)").waitFor();
    await playground.screenshot("limits");
    await playground.press("Escape");
    // A workbook that is none: the server says so, the page shows it, the old one stays.
    await drop("broken.xlsx", btoa("no zip"));
    await playground.page.locator(".notice-error").filter({ hasNotText: "Cellwright opens" }).waitFor();
    expect((await playground.page.locator(".book-name").innerText()).trim()).toBe("meter.xlsx");
    playground.complaints.splice(
      0,
      playground.complaints.length,
      ...playground.complaints.filter((text) => !/status of 4\d\d/.test(text)),
    );
  });
});
