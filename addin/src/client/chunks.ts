/** A workbook as chunks: blocks of cells in JSON, gathered into frames under the limit of a message. */

import { areaAddress, cellCount, height, parseArea, strips } from "../host/address";
import type { Host } from "../host/host";
import { CELLS_A_STRIP, MAX_LOOKS, type WorkbookShape } from "../host/read";
import type { Block } from "../protocol/messages";

const MAX_CHUNK_BYTES = 4_000_000;

/** Characters of a frame that stay under a server's limit of bytes whatever they are. */
export function frameCharacters(maxBytes: number | undefined): number {
  return Math.floor(Math.min(MAX_CHUNK_BYTES, (maxBytes ?? MAX_CHUNK_BYTES) * 0.9) / 3);
}

/** Every cell of the workbook as the JSON of blocks, gathered into chunks under the limit of a message. */
export async function readChunks(
  host: Pick<Host, "block">,
  shape: WorkbookShape,
  limit: number,
  onRead: (done: number) => void,
): Promise<string[][]> {
  const chunks: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  let done = 0;
  for (const sheet of shape.sheets) {
    const used = sheet.used_range === null ? null : parseArea(sheet.used_range);
    if (!used) continue;
    for (const strip of strips(used, CELLS_A_STRIP)) {
      const block = await host.block(sheet.name, strip, done < MAX_LOOKS);
      for (const text of blockTexts(block, limit)) {
        if (size + text.length > limit) {
          chunks.push([]);
          size = 0;
        }
        chunks.at(-1)?.push(text);
        size += text.length;
      }
      done += cellCount(strip);
      onRead(done);
    }
  }
  return chunks;
}

export function cellsOf(shape: WorkbookShape): number {
  return shape.sheets.reduce((sum, { used_range }) => {
    const area = used_range === null ? null : parseArea(used_range);
    return sum + (area ? cellCount(area) : 0);
  }, 0);
}

/** A block as JSON; one that is too long is halved by rows until it fits. */
export function blockTexts(block: Block, limit: number): string[] {
  const text = JSON.stringify(block);
  const area = parseArea(block.range);
  if (text.length <= limit || !area || height(area) === 1) return [text];
  const middle = Math.floor(height(area) / 2);
  const part = (from: number, to: number): Block => ({
    ...block,
    range: areaAddress({ ...area, top: area.top + from, bottom: area.top + to - 1 }),
    values: block.values.slice(from, to),
    formulas: block.formulas?.slice(from, to) ?? null,
    style_index: block.style_index?.slice(from, to) ?? null,
    arrays: block.arrays.filter(({ cell }) => {
      const row = (parseArea(cell)?.top ?? area.top) - area.top;
      return row >= from && row < to;
    }),
  });
  return [...blockTexts(part(0, middle), limit), ...blockTexts(part(middle, height(area)), limit)];
}
