/** How far "fill down" goes: as far as the column beside it has data without a gap, as Excel's fill handle. */

import type { Block } from "../protocol/messages";
import { parseArea, type SheetArea } from "./address";
import type { Host } from "./host";

const ROWS_A_READ = 2_000;
const MAX_FILL_ROWS = 20_000;

/**
 * The range from `target` (one cell) down to the end of its neighbour's data; null where there is nothing to
 * fill. It ends before the first cell of its own column that holds something: a fill never overwrites.
 */
export async function fillDownTo(host: Pick<Host, "block">, target: SheetArea): Promise<SheetArea | null> {
  const left = Math.max(0, target.left - 1);
  const right = target.right + 1;
  let ends: { left: number | null; right: number | null; own: number | null } = {
    left: null,
    right: null,
    own: null,
  };
  for (let top = target.bottom + 1; top <= target.bottom + MAX_FILL_ROWS; top += ROWS_A_READ) {
    const bottom = Math.min(top + ROWS_A_READ - 1, target.bottom + MAX_FILL_ROWS);
    const block = await host.block(target.sheet, { top, bottom, left, right }, false);
    ends = {
      left: ends.left ?? (left === target.left ? top - 1 : endOf(block, 0)),
      right: ends.right ?? endOf(block, right - left),
      own: ends.own ?? firstFilled(block, target.left - left),
    };
    if (ends.left !== null && ends.right !== null) break;
  }
  const stop = (end: number | null) => end ?? target.bottom + MAX_FILL_ROWS;
  const reach = stop(ends.left) > target.bottom ? stop(ends.left) : stop(ends.right);
  const bottom = Math.min(reach, (ends.own ?? Number.POSITIVE_INFINITY) - 1);
  return bottom > target.bottom ? { ...target, bottom } : null;
}

/** The last row before the first blank cell of a column of the block; null where it has none. */
function endOf(block: Block, column: number): number | null {
  const row = block.values.findIndex((values) => values[column] === null || values[column] === undefined);
  return row < 0 ? null : topOf(block) + row - 1;
}

function firstFilled(block: Block, column: number): number | null {
  const row = block.values.findIndex((values) => values[column] !== null && values[column] !== undefined);
  return row < 0 ? null : topOf(block) + row;
}

function topOf(block: Block): number {
  const area = parseArea(block.range);
  if (!area) throw new Error(`expected the address of a block, got ${block.range}`);
  return area.top;
}
