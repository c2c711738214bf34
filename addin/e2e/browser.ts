// A real Chromium and the playground in it, driven as a person would: mouse, keys, what is on the screen.
import { mkdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type Browser, type Locator, chromium as launcher, type Page } from "playwright-core";
import { expect } from "vitest";
import { chromium } from "./missing";
import type { Running } from "./running";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const artifacts = resolve(import.meta.dirname, "artifacts");

export async function startBrowser(): Promise<Browser> {
  mkdirSync(artifacts, { recursive: true });
  return launcher.launch({ executablePath: chromium ?? "", args: FLAGS });
}

export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
  readonly forcedColors?: "active" | "none";
}

export class Playground {
  /** What the page complained of; a test that expects none checks it. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.on("pageerror", (error) => this.complaints.push(`pageerror ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(`console ${message.text()}`);
    });
  }

  /** A page of its own (own storage) on the server's playground, with the workbook open and synced. */
  static async open({ browser, server }: Running, view: View = {}, query = ""): Promise<Playground> {
    const context = await browser.newContext({
      viewport: { width: view.width ?? 1280, height: view.height ?? 800 },
      colorScheme: view.colorScheme ?? "light",
      forcedColors: view.forcedColors ?? "none",
      acceptDownloads: true,
    });
    const playground = new Playground(await context.newPage());
    await playground.page.goto(server.playground.replace("#", `${query}#`));
    await playground.grid.waitFor();
    await playground.page.locator(".selection .cell").waitFor();
    return playground;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  get grid(): Locator {
    return this.page.locator(".grid canvas");
  }

  /** The suggestion that is open in the pane. */
  get card(): Locator {
    return this.page.locator(".pane .cards > *").first();
  }

  /** Waits for a suggestion; where none comes, says what the pane shows instead. */
  async suggestion(timeout = 20_000): Promise<string> {
    try {
      await this.card.waitFor({ timeout });
    } catch {
      throw new Error(`no suggestion came; the pane says: ${await this.page.locator(".pane").innerText()}`);
    }
    return this.card.innerText();
  }

  get ghosts(): Locator {
    return this.page.locator(".ghost");
  }

  get applied(): Locator {
    return this.page.locator(".pane .applied-item").first();
  }

  button(name: string | RegExp): Locator {
    return this.page.locator(".pane").getByRole("button", { name });
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: resolve(artifacts, `${name}.png`) });
  }

  /** What the pane says is selected: place, sheet, and what the cell holds. */
  async selected(): Promise<{ cell: string; sheet: string; content: string }> {
    const bar = this.page.locator(".pane .selection");
    return {
      cell: (await bar.locator(".cell").innerText()).trim(),
      sheet: (await bar.locator(".sheet").innerText()).trim(),
      content: (await bar.locator(".selection-content").innerText()).trim(),
    };
  }

  /** Waits until the pane has noticed the selection. */
  async expectSelected(cell: string, content?: string | RegExp): Promise<void> {
    await expect.poll(async () => (await this.selected()).cell, { timeout: 10_000 }).toBe(cell);
    if (content === undefined) return;
    const matcher = expect.poll(async () => (await this.selected()).content, { timeout: 10_000 });
    await (typeof content === "string" ? matcher.toBe(content) : matcher.toMatch(content));
  }

  /** Opens a sample by its title. */
  async openSample(title: string): Promise<void> {
    await this.page.getByLabel("Samples").selectOption({ label: title });
    const name = `${title.toLowerCase().replaceAll(" ", "-")}.xlsx`;
    await expect
      .poll(async () => (await this.page.locator(".pane h1").innerText()).trim(), { timeout: 20_000 })
      .toBe(name);
  }

  /** Opens a file of the person's own by the picker. */
  async openFile(path: string): Promise<void> {
    await this.page.locator('input[type="file"]').setInputFiles(path);
    await this.expectBook(basename(path));
  }

  /** Waits until the workbook of that name is open. */
  async expectBook(name: string): Promise<void> {
    await expect
      .poll(async () => (await this.page.locator(".book-name").innerText()).trim(), { timeout: 20_000 })
      .toBe(name);
  }

  /** Goes to a sheet by its tab. */
  async openSheet(name: string): Promise<void> {
    await this.page.locator(".grid").getByText(name, { exact: true }).click();
  }

  /** Clicks a cell where it is drawn; for sheets with columns of the standard width, not scrolled. */
  async click(row: number, column: number): Promise<void> {
    const canvas = await this.grid.boundingBox();
    if (canvas === null) throw new Error("expected the grid on the screen");
    await this.page.mouse.click(canvas.x + 30 + 90 * (column - 1) + 40, canvas.y + 28 + 25 * (row - 1) + 12);
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** Types into the selected cell and leaves it downwards. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Enter");
  }
}
