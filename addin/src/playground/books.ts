/** Workbooks from and to the server, over REST beside the line (`protocol/README.md`). */

import { parseArea } from "../host/address";
import type { Block, SheetInfo, WireName, WireTable } from "../protocol/messages";
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

/** A workbook as the grid takes it. */
export interface OpenedBook {
  readonly info: WorkbookInfo;
  /** IronCalc's bytes. */
  readonly model: Uint8Array;
  /** The formulas as their authors wrote them. */
  readonly formulas: readonly OwnFormula[];
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

  async reopen(workbookId: string): Promise<OpenedBook> {
    return this.load((await this.json("GET", `/api/workbooks/${workbookId}`)) as WorkbookInfo);
  }

  /** The original file with all accepted changes, written by the patch writer. */
  async saved(workbookId: string): Promise<Blob> {
    return (await this.call("GET", `/api/workbooks/${workbookId}/file`)).blob();
  }

  private async load(info: WorkbookInfo): Promise<OpenedBook> {
    const answer = await this.call("GET", `/api/workbooks/${info.workbook_id}/ironcalc`);
    const told = answer.headers.get("X-Cellwright-Left-Out");
    const [model, formulas] = await Promise.all([answer.arrayBuffer(), this.formulas(info)]);
    return {
      info,
      model: new Uint8Array(model),
      formulas,
      leftOut: told === null ? [] : (JSON.parse(told) as string[]),
    };
  }

  private async formulas(info: WorkbookInfo): Promise<OwnFormula[]> {
    const found: OwnFormula[] = [];
    if (info.formulas === 0) return found;
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
        for (const block of page.blocks) found.push(...formulasOf(block));
        row = page.next_row;
      }
    }
    return found;
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
