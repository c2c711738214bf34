/**
 * The part of Office.js that the host uses, as structural types.
 *
 * The real `Excel` namespace satisfies them (`tests/host/surface.test.ts` has the compiler prove it), and so
 * does the playground's shim over the IronCalc grid. Only what is listed here may be called; words are the
 * English strings of Office.js, never its enums, which exist at run time only where Office.js is loaded.
 * As in Office.js, a property may be read only after `load` and `sync`.
 */

export type CellInput = string | number | boolean | null;
export type ValueType =
  | "Unknown"
  | "Empty"
  | "String"
  | "Integer"
  | "Double"
  | "Boolean"
  | "Error"
  | "RichValue";

export interface ClientObject {
  readonly isNullObject: boolean;
  load(properties?: string | string[]): unknown;
}

export interface ClientResult<T> {
  readonly value: T;
}

export interface EventHandle {
  /** Queued on the context that added the handler, whose `sync` it needs. */
  remove(): void;
  readonly context?: { sync(): Promise<unknown> };
}

export interface EventSource<Arguments> {
  add(handler: (event: Arguments) => Promise<unknown>): EventHandle;
}

export interface OfficeFont {
  bold: boolean;
  italic: boolean;
  underline: string;
  size: number;
  color: string;
  name: string;
}

export interface OfficeFill {
  color: string;
  clear(): void;
}

export interface OfficeBorder {
  style: string;
  weight: string;
  color: string;
}

export type BorderIndex =
  | "EdgeTop"
  | "EdgeBottom"
  | "EdgeLeft"
  | "EdgeRight"
  | "InsideVertical"
  | "InsideHorizontal";

export interface OfficeBorders {
  getItem(index: BorderIndex): OfficeBorder;
}

export interface OfficeFormat {
  readonly font: OfficeFont;
  readonly fill: OfficeFill;
  readonly borders: OfficeBorders;
  horizontalAlignment: string;
  verticalAlignment: string;
  wrapText: boolean;
  textOrientation: number;
  /** In points. */
  columnWidth: number;
  useStandardWidth: boolean;
  /** null where some cells are locked and some are not. */
  readonly protection: { readonly locked: boolean | null; load(properties?: string | string[]): unknown };
  load(properties?: string | string[]): unknown;
}

/** What `getCellProperties` gives for one cell and `setCellProperties` takes back. */
export interface CellLook {
  format?: {
    font?: {
      bold?: boolean;
      italic?: boolean;
      underline?: string;
      size?: number;
      color?: string;
      name?: string;
      strikethrough?: boolean;
      tintAndShade?: number;
    };
    fill?: { color?: string; pattern?: string; patternColor?: string; tintAndShade?: number };
    borders?: Partial<
      Record<"top" | "bottom" | "left" | "right", { style?: string; weight?: string; color?: string }>
    >;
    horizontalAlignment?: string;
    verticalAlignment?: string;
    wrapText?: boolean;
    textOrientation?: number;
    indentLevel?: number;
  };
}

export interface OfficeRange extends ClientObject {
  readonly address: string;
  readonly rowIndex: number;
  readonly columnIndex: number;
  readonly rowCount: number;
  readonly columnCount: number;
  readonly cellCount: number;
  readonly hasSpill: boolean;
  readonly valueTypes: ValueType[][];
  /** Values as they are shown, in the number format and language of the person. */
  readonly text: string[][];
  readonly format: OfficeFormat;
  readonly worksheet: OfficeWorksheet;
  readonly conditionalFormats: OfficeConditionalFormats;
  readonly dataValidation: OfficeDataValidation;
  readonly sort: {
    apply(fields: { key: number; ascending?: boolean }[], matchCase?: boolean, hasHeaders?: boolean): void;
  };
  /** The master's text of an array formula entered with Ctrl+Shift+Enter (ExcelApiDesktop 1.1). */
  formulaArray: string;
  formulas: CellInput[][];
  values: CellInput[][];
  numberFormat: string[][];
  select(): void;
  clear(what?: "All" | "Formats" | "Contents"): void;
  merge(across?: boolean): void;
  unmerge(): void;
  insert(shift: "Down" | "Right"): unknown;
  delete(shift: "Up" | "Left"): void;
  autoFill(destination?: string, kind?: "FillDefault"): void;
  copyFrom(source: string, what?: "All" | "Formulas" | "Values" | "Formats"): void;
  getCell(row: number, column: number): OfficeRange;
  getEntireRow(): OfficeRange;
  getEntireColumn(): OfficeRange;
  getSpillingToRangeOrNullObject(): OfficeRange;
  /** Of one cell: the anchor whose array covers it. */
  getSpillParentOrNullObject(): OfficeRange;
  getMergedAreasOrNullObject(): OfficeRangeAreas;
  getCellProperties(wanted: object): ClientResult<CellLook[][]>;
  setCellProperties(looks: CellLook[][]): void;
}

export interface OfficeRangeAreas extends ClientObject {
  readonly address: string;
  readonly areas: { readonly items: OfficeRange[]; load(properties?: string | string[]): unknown };
}

export interface OfficeConditionalFormat {
  delete(): void;
  readonly custom: { readonly rule: { formula: string }; readonly format: OfficeConditionalLook };
  readonly cellValue: {
    rule: { formula1: string; formula2?: string; operator: string };
    readonly format: OfficeConditionalLook;
  };
  readonly textComparison: {
    rule: { operator: string; text: string };
    readonly format: OfficeConditionalLook;
  };
  readonly topBottom: { rule: { rank: number; type: string }; readonly format: OfficeConditionalLook };
  readonly preset: { rule: { criterion: string }; readonly format: OfficeConditionalLook };
  readonly colorScale: { criteria: object };
  readonly dataBar: {
    lowerBoundRule: object;
    upperBoundRule: object;
    readonly positiveFormat: { fillColor: string };
  };
  readonly iconSet: { style: string; criteria: object[] };
  readonly id: string;
  load(properties?: string | string[]): unknown;
}

export interface OfficeConditionalLook {
  readonly font: { color: string; bold: boolean };
  readonly fill: { color: string };
}

export type ConditionalKind =
  | "Custom"
  | "CellValue"
  | "ContainsText"
  | "TopBottom"
  | "PresetCriteria"
  | "ColorScale"
  | "DataBar"
  | "IconSet";

export interface OfficeConditionalFormats {
  add(kind: ConditionalKind): OfficeConditionalFormat;
  getItemOrNullObject(id: string): OfficeConditionalFormat & ClientObject;
}

export interface OfficeDataValidation {
  rule: object;
  errorAlert: object;
  ignoreBlanks: boolean;
  readonly type: string;
  clear(): void;
  load(properties?: string | string[]): unknown;
}

export interface OfficeTable extends ClientObject {
  name: string;
  style: string;
  showHeaders: boolean;
  showTotals: boolean;
  readonly id: string;
  readonly worksheet: OfficeWorksheet;
  readonly columns: {
    readonly items: { readonly name: string }[];
    load(properties?: string | string[]): unknown;
  };
  getRange(): OfficeRange;
  convertToRange(): OfficeRange;
}

export interface OfficeTables {
  readonly items: OfficeTable[];
  load(properties?: string | string[]): unknown;
  add(address: string, hasHeaders: boolean): OfficeTable;
  getItemOrNullObject(name: string): OfficeTable;
}

export interface OfficeName extends ClientObject {
  readonly name: string;
  formula: string;
  visible: boolean;
  delete(): void;
}

export interface OfficeNames {
  readonly items: OfficeName[];
  load(properties?: string | string[]): unknown;
  add(name: string, reference: string): OfficeName;
  getItemOrNullObject(name: string): OfficeName;
}

export interface OfficeChart {
  name: string;
  readonly title: { text: string };
  readonly axes: {
    readonly categoryAxis: { readonly title: { text: string } };
    readonly valueAxis: { readonly title: { text: string } };
  };
  readonly legend: { visible: boolean; position: string };
  readonly dataLabels: { showValue: boolean };
  readonly series: {
    readonly items: OfficeSeries[];
    load(properties?: string | string[]): unknown;
    getItemAt(index: number): OfficeSeries;
    add(name?: string): OfficeSeries;
  };
  setPosition(start: string): void;
  delete(): void;
  load(properties?: string | string[]): unknown;
}

/** One series (ExcelApi 1.7). */
export interface OfficeSeries {
  name: string;
  smooth: boolean;
  markerStyle: string;
  readonly trendlines: { add(type?: string): unknown };
  setValues(range: OfficeRange): void;
  setXAxisValues(range: OfficeRange): void;
}

export interface OfficePivot extends ClientObject {
  readonly hierarchies: { getItem(name: string): object };
  readonly rowHierarchies: { add(hierarchy: object): unknown };
  readonly columnHierarchies: { add(hierarchy: object): unknown };
  readonly dataHierarchies: { add(hierarchy: object): { summarizeBy: string } };
  delete(): void;
}

export interface OfficeWorksheet extends ClientObject {
  readonly id: string;
  name: string;
  position: number;
  visibility: string;
  readonly protection: { readonly protected: boolean; load(properties?: string | string[]): unknown };
  readonly tables: OfficeTables;
  readonly names: OfficeNames;
  readonly charts: {
    add(type: string, source: OfficeRange, seriesBy?: "Columns" | "Rows"): OfficeChart;
    getItemOrNullObject(name: string): OfficeChart & ClientObject;
  };
  readonly pivotTables: {
    add(name: string, source: string, destination: string): OfficePivot;
    getItemOrNullObject(name: string): OfficePivot;
  };
  readonly autoFilter: {
    readonly enabled: boolean;
    readonly criteria: object[];
    apply(range: string, column?: number, criteria?: { filterOn: "Values"; values: string[] }): void;
    remove(): void;
    getRangeOrNullObject(): OfficeRange;
    load(properties?: string | string[]): unknown;
  };
  readonly freezePanes: {
    freezeAt(area: string): void;
    unfreeze(): void;
    getLocationOrNullObject(): OfficeRange;
  };
  activate(): void;
  delete(): void;
  getRange(address?: string): OfficeRange;
  getUsedRangeOrNullObject(valuesOnly?: boolean): OfficeRange;
}

export interface SheetChanged {
  readonly worksheetId: string;
  readonly address: string;
  /** `RangeEdited`, `RowInserted`, `RowDeleted`, `ColumnInserted`, `ColumnDeleted`, `CellInserted`, `CellDeleted`. */
  readonly changeType: string;
  /** `Local` or `Remote` (a co-author). */
  readonly source: string;
  /** `ThisLocalAddin` where this add-in made the change (ExcelApi 1.14). */
  readonly triggerSource?: string;
}

export interface OfficeWorksheets {
  readonly items: OfficeWorksheet[];
  load(properties?: string | string[]): unknown;
  getItem(name: string): OfficeWorksheet;
  getItemOrNullObject(name: string): OfficeWorksheet;
  add(name?: string): OfficeWorksheet;
  readonly onChanged: EventSource<SheetChanged>;
  /** After a recalculation, with the cells that took part where Excel tells them (ExcelApi 1.8, address 1.11). */
  readonly onCalculated?: EventSource<{ readonly worksheetId: string; readonly address?: string }>;
  readonly onAdded: EventSource<{ readonly worksheetId: string }>;
  readonly onDeleted: EventSource<{ readonly worksheetId: string }>;
}

export interface OfficeWorkbook {
  readonly name: string;
  /** What the person's region writes between the digits of a number (ExcelApi 1.11). */
  readonly application?: {
    readonly cultureInfo: {
      readonly numberFormat: {
        readonly numberDecimalSeparator: string;
        load(properties?: string | string[]): unknown;
      };
    };
  };
  readonly worksheets: OfficeWorksheets;
  readonly tables: OfficeTables;
  readonly names: OfficeNames;
  readonly onSelectionChanged: EventSource<object>;
  load(properties?: string | string[]): unknown;
  getActiveCell(): OfficeRange;
  /** Several areas at once (ExcelApi 1.9). */
  getSelectedRanges(): OfficeRangeAreas;
}

export interface OfficeContext {
  readonly workbook: OfficeWorkbook;
  sync(): Promise<unknown>;
}

/** `Excel.run`, with and without options. */
export interface ExcelApi {
  run<T>(batch: (context: OfficeContext) => Promise<T>): Promise<T>;
  run<T>(options: { mergeUndoGroup?: boolean }, batch: (context: OfficeContext) => Promise<T>): Promise<T>;
}

/** The part of the `Office` namespace that tells where we are. */
export interface OfficeApi {
  readonly context: {
    /** The language of numbers, dates and formulas, such as `de-DE`. */
    readonly contentLanguage: string;
    readonly displayLanguage: string;
    /** `PC`, `Mac`, `OfficeOnline`, `iOS`, `Android`, `Universal`; the shim says `Playground`. */
    readonly platform: unknown;
    readonly requirements: { isSetSupported(name: string, version?: string): boolean };
  };
}

/** A value or formula drawn over a cell that is not written yet. */
export interface Ghost {
  readonly sheet: string;
  /** A1 text of one cell. */
  readonly cell: string;
  readonly text: string;
  readonly tone: "new" | "changed" | "error" | "cleared";
}

/** What the playground's grid can do beyond Office.js; Excel has none of it. */
export interface GridExtras {
  showGhosts(ghosts: readonly Ghost[]): void;
  clearGhosts(): void;
  /** Calls the handler at Tab in the grid while ghosts are shown; true from it keeps the key from the grid. */
  onTab(handler: () => boolean): () => void;
  /** Wire types of edits (`merge`, `add_table`, ...) that the grid cannot carry out. */
  readonly unsupportedEdits: readonly string[];
  /** The workbook in the grid, which the server keeps under this id; null while none is open. */
  keptWorkbook(): { readonly id: string; readonly name: string } | null;
  /** Another pane changed the workbook that the server keeps; empty places: more than can be listed. */
  remoteChange?(revision: number, places: readonly string[]): void;
  /** Calls the handler when another workbook was opened in the grid. */
  onWorkbook(handler: () => void): () => void;
}

/** Where the host finds its surroundings: real Office.js or the shim. */
export interface Surroundings {
  readonly excel: ExcelApi;
  readonly office: OfficeApi;
  readonly extras?: GridExtras;
}
