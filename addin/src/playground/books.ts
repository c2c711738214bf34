/** Workbooks from and to the server, over REST beside the line (`protocol/README.md`). */

import { parseArea } from "../host/address";
import type { Block, CellStyle, SheetInfo, WireName, WireTable } from "../protocol/messages";
import { WORDS } from "./words";

export interface WorkbookInfo {
  readonly workbook_id: string;
  readonly name: string;
  readonly revision: number;
  readonly cells: number;
  readonly formulas: number;
  readonly is_modified: boolean;
  readonly sheets: readonly SheetInfo[];
  readonly tables: readonly WireTable[];
  readonly names: readonly WireName[];
}

export interface Sample {
  readonly name: string;
  readonly title: string;
  readonly bytes: number;
}

export interface OwnFormula {
  readonly sheet: string;
  readonly row: number;
  readonly column: number;
  readonly formula: string;
}

/** A format that IronCalc cannot hold as it is. */
export interface OwnStyle {
  readonly sheet: string;
  readonly row: number;
  readonly column: number;
  readonly style: CellStyle;
}

/** A workbook as the grid takes it. */
export interface OpenedBook {
  readonly info: WorkbookInfo;
  /** IronCalc's bytes. */
  readonly model: Uint8Array;
  /** The formulas as their authors wrote them. */
  readonly formulas: readonly OwnFormula[];
  readonly styles: readonly OwnStyle[];
  /** What of the file the grid does not show, one sentence each. */
  readonly leftOut: readonly string[];
}

/** The server's refusal; `code` is the protocol's. */
export class BooksError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "BooksError";
  }
}

const ROWS_A_PAGE = 5_000;

export class Books {
  /** `base`: where the server is, without a slash at its end; `token` is asked for at every call. */
  constructor(
    private readonly base: string,
    private readonly token: () => string | null,
  ) {}

  async samples(): Promise<readonly Sample[]> {
    return (await this.json("GET", "/api/samples")) as Sample[];
  }

  async openSample(name: string): Promise<OpenedBook> {
    return this.load((await this.json("POST", `/api/samples/${encodeURIComponent(name)}`)) as WorkbookInfo);
  }

  async openFile(file: File): Promise<OpenedBook> {
    const path = `/api/workbooks?name=${encodeURIComponent(file.name)}`;
    return this.load((await this.json("POST", path, file)) as WorkbookInfo);
  }

  async info(workbookId: string): Promise<WorkbookInfo> {
    return (await this.json("GET", `/api/workbooks/${workbookId}`)) as WorkbookInfo;
  }

  async reopen(workbookId: string): Promise<OpenedBook> {
    return this.load(await this.info(workbookId));
  }

  /** The original file with all accepted changes, written by the patch writer. */
  async saved(workbookId: string): Promise<Blob> {
    return (await this.call("GET", `/api/workbooks/${workbookId}/file`)).blob();
  }

  private async load(info: WorkbookInfo): Promise<OpenedBook> {
    const answer = await this.call("GET", `/api/workbooks/${info.workbook_id}/ironcalc`);
    const told = answer.headers.get("X-Cellwright-Left-Out");
    const [model, own] = await Promise.all([answer.arrayBuffer(), this.own(info)]);
    return {
      info,
      model: new Uint8Array(model),
      ...own,
      leftOut: told === null ? [] : (JSON.parse(told) as string[]),
    };
  }

  /** What the grid would print in another way than the file has it. */
  private async own(info: WorkbookInfo): Promise<Pick<OpenedBook, "formulas" | "styles">> {
    const formulas: OwnFormula[] = [];
    const styles: OwnStyle[] = [];
    for (const sheet of info.sheets) {
      let row: number | null = 0;
      while (row !== null) {
        const query = new URLSearchParams({
          sheet: sheet.name,
          from_row: String(row),
          rows: String(ROWS_A_PAGE),
        });
        const page = (await this.json("GET", `/api/workbooks/${info.workbook_id}/blocks?${query}`)) as {
          blocks: Block[];
          next_row: number | null;
        };
        for (const block of page.blocks) {
          formulas.push(...formulasOf(block));
          styles.push(...stylesOf(block));
        }
        row = page.next_row;
      }
    }
    return { formulas, styles };
  }

  private async json(method: string, path: string, body?: Blob): Promise<unknown> {
    return (await this.call(method, path, body)).json();
  }

  private async call(method: string, path: string, body?: Blob): Promise<Response> {
    const token = this.token();
    let answer: Response;
    try {
      answer = await fetch(`${this.base}${path}`, {
        method,
        headers: token === null ? {} : { Authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body }),
      });
    } catch {
      throw new BooksError("unreachable", WORDS.unreachable);
    }
    if (answer.ok) return answer;
    if (answer.status === 401) throw new BooksError("unauthorized", WORDS.unauthorized);
    const told = (await answer.json().catch(() => null)) as { code?: string; message?: string } | null;
    throw new BooksError(
      told?.code ?? String(answer.status),
      told?.message ?? `The server answered ${answer.status}.`,
    );
  }
}

export function formulasOf(block: Block): OwnFormula[] {
  const area = parseArea(block.range);
  if (area === null || block.formulas === null) return [];
  return block.formulas.flatMap((line, r) =>
    line.flatMap((formula, c) =>
      formula === null ? [] : [{ sheet: block.sheet, row: area.top + r, column: area.left + c, formula }],
    ),
  );
}

const GRID_ALIGNMENTS: ReadonlySet<string | null> = new Set([
  null,
  "left",
  "center",
  "right",
  "centerContinuous",
  "distributed",
  "fill",
  "justify",
  "top",
]);

/** Whether IronCalc, which has whole points and one kind of underline, would give a style back as another. */
function isLossy(style: CellStyle): boolean {
  return (
    !Number.isInteger(style.font_size) ||
    (style.underline !== null && style.underline !== "single") ||
    !GRID_ALIGNMENTS.has(style.horizontal) ||
    !GRID_ALIGNMENTS.has(style.vertical)
  );
}

export function stylesOf(block: Block): OwnStyle[] {
  const area = parseArea(block.range);
  const lossy = new Set(block.styles.flatMap((style, index) => (isLossy(style) ? [index] : [])));
  if (area === null || block.style_index === null || lossy.size === 0) return [];
  return block.style_index.flatMap((line, r) =>
    line.flatMap((index, c) => {
      const style = lossy.has(index) ? block.styles[index] : undefined;
      return style === undefined
        ? []
        : [{ sheet: block.sheet, row: area.top + r, column: area.left + c, style }];
    }),
  );
}
