/** What the objects of one `Excel.run` share: the grid's cells, the queue, and how to find sheets and places. */

import type { Area } from "../../host/address";
import { parsePlace } from "../../host/address";
import type { OfficeWorksheet } from "../../host/surface";
import { type Batch, OfficeError } from "./batch";
import type { GridCells } from "./cells";
import type { Spot } from "./range";
import type { GridTables } from "./tables";
import { Worksheet } from "./worksheet";

export class Workspace {
  constructor(
    readonly batch: Batch,
    readonly cells: GridCells,
    readonly tables: GridTables,
    readonly protectedSheets: ReadonlySet<string>,
  ) {}

  /** The place of an address such as `B2:C3` or `'My sheet'!B2`; null where there is no such sheet. */
  find(address: string, sheet: number): Spot | null {
    const place = parsePlace(address.replaceAll("$", ""), "");
    if (place === null) throw new OfficeError("InvalidArgument", `expected an address, got ${address}`);
    const index = place.sheet === "" ? sheet : this.cells.sheetIndex(place.sheet);
    const { top, left, bottom, right } = place;
    return index < 0 ? null : { sheet: index, area: { top, left, bottom, right } };
  }

  select(sheet: number, area: Area): void {
    const { model } = this.cells.observed;
    if (model.getSelectedSheet() !== sheet) model.setSelectedSheet(sheet);
    model.setSelectedCell(area.top + 1, area.left + 1);
    model.setSelectedRange(area.top + 1, area.left + 1, area.bottom + 1, area.right + 1);
    this.reveal(sheet, area);
  }

  /** Scrolls so that the first cell of the area is inside the window. */
  private reveal(sheet: number, area: Area): void {
    const { model } = this.cells.observed;
    const view = model.getSelectedView();
    const frozenRows = model.getFrozenRowsCount(sheet);
    const frozenColumns = model.getFrozenColumnsCount(sheet);
    const top =
      area.top < view.top_row - 1 || area.top > view.top_row + 12 ? Math.max(1, area.top - 3) : view.top_row;
    const left =
      area.left < view.left_column - 1 || area.left > view.left_column + 5
        ? Math.max(1, area.left)
        : view.left_column;
    model.setTopLeftVisibleCell(
      area.top < frozenRows ? view.top_row : Math.max(top, frozenRows + 1),
      area.left < frozenColumns ? view.left_column : Math.max(left, frozenColumns + 1),
    );
  }

  worksheetAt(find: () => number): OfficeWorksheet {
    return new Worksheet(this, find);
  }
}
