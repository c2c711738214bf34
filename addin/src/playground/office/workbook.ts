/** Workbook and worksheets: where everything that the host asks for begins. */

import type { Area } from "../../host/address";
import type {
  EventSource,
  OfficeRangeAreas,
  OfficeWorkbook,
  OfficeWorksheet,
  OfficeWorksheets,
  SheetChanged,
} from "../../host/surface";
import { OfficeError, ShimCollection, ShimObject } from "./batch";
import type { Events } from "./events";
import { Names } from "./names";
import { Range, RangeAreas } from "./range";
import { Tables } from "./tables";
import { Worksheet } from "./worksheet";
import type { Workspace } from "./workspace";

class Worksheets extends ShimCollection<Worksheet> implements OfficeWorksheets {
  readonly onChanged: EventSource<SheetChanged>;
  readonly onAdded: EventSource<{ readonly worksheetId: string }>;
  readonly onDeleted: EventSource<{ readonly worksheetId: string }>;

  constructor(
    private readonly at: Workspace,
    events: Events,
  ) {
    super(at.batch);
    this.onChanged = events.changed;
    this.onAdded = events.added;
    this.onDeleted = events.deleted;
  }

  /** By name or by id, as in Office.js. */
  private index(key: string): number {
    const named = this.at.cells.sheetIndex(key);
    return named >= 0 ? named : this.at.cells.sheetById(Number(key));
  }

  protected list(): Worksheet[] {
    return this.at.cells.observed.model
      .getWorksheetsProperties()
      .map(({ sheet_id }) => new Worksheet(this.at, () => this.at.cells.sheetById(sheet_id)));
  }

  getItem(key: string): OfficeWorksheet {
    let id: number | null = null;
    // The name may change in the same batch; the sheet stays the one that it named first.
    return new Worksheet(this.at, () => {
      id ??= this.at.cells.sheetId(this.index(key));
      return this.at.cells.sheetById(id);
    });
  }

  getItemOrNullObject(key: string): OfficeWorksheet {
    return new Worksheet(this.at, () => this.index(key), true);
  }

  add(name?: string): OfficeWorksheet {
    let id = -1;
    this.batch.push(() => {
      const { model } = this.at.cells.observed;
      model.newSheet();
      const sheet = model.getWorksheetsProperties().length - 1;
      id = this.at.cells.sheetId(sheet);
      if (name !== undefined) model.renameSheet(sheet, name);
    });
    return new Worksheet(this.at, () => this.at.cells.sheetById(id));
  }
}

export class Workbook extends ShimObject implements OfficeWorkbook {
  readonly worksheets: Worksheets;
  readonly tables: Tables;
  readonly names: Names;
  readonly onSelectionChanged: EventSource<object>;

  constructor(
    private readonly at: Workspace,
    events: Events,
    private readonly title: string,
  ) {
    super(at.batch);
    this.worksheets = new Worksheets(at, events);
    this.tables = new Tables(at, null);
    this.names = new Names(at, null);
    this.onSelectionChanged = events.selected;
  }

  protected read(property: string): unknown {
    if (property !== "name") throw new OfficeError("InvalidArgument", `expected name, got ${property}`);
    return this.title;
  }

  get name(): string {
    return this.value("name");
  }

  private selection(): { sheet: number; area: Area } {
    const { sheet, range } = this.at.cells.observed.model.getSelectedView();
    const [top, left, bottom, right] = range;
    const area = {
      top: Math.min(top, bottom) - 1,
      left: Math.min(left, right) - 1,
      bottom: Math.max(top, bottom) - 1,
      right: Math.max(left, right) - 1,
    };
    return { sheet, area };
  }

  getActiveCell(): Range {
    return new Range(this.at, () => {
      const { sheet, row, column } = this.at.cells.observed.model.getSelectedView();
      return { sheet, area: { top: row - 1, bottom: row - 1, left: column - 1, right: column - 1 } };
    });
  }

  getSelectedRanges(): OfficeRangeAreas {
    return new RangeAreas(this.at, () => [this.selection()]);
  }
}
