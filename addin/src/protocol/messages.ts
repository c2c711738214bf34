// Written by `python -m cellwright.protocol.typescript` from backend/cellwright/protocol; change the models there.
/* eslint-disable */

export const PROTOCOL_VERSION = 2;

/** A cell's value: number, text, true or false, blank (null), or one of Excel's errors. */
export type WireValue = boolean | number | string | WireError | null;

export type OutcomeName = "accepted" | "edited" | "rejected" | "ignored" | "superseded" | "stale" | "undone";

/** Where a pane runs. `capabilities` are what its host can do, such as `ExcelApi1.16` or `ghosts`. */
export interface Host {
  kind: "excel" | "playground" | "test";
  platform: string;
  version: string;
  capabilities: string[];
}

/** The session that a dropped line belonged to, and what the pane believes of its workbooks. */
export interface Resume {
  session_id: string;
  /** workbook_id -> the last revision that the pane knows. */
  workbooks: Record<string, number>;
}

/** The first message on a line; any other first message closes it. */
export interface Hello {
  type: "hello";
  protocol: number;
  token: string;
  /** Made once by the pane and kept over reconnections. */
  pane_id: string;
  host: Host;
  locale?: string;
  resume?: Resume | null;
}

/** Heartbeat; `sent_ms` is the pane's clock and comes back untouched. */
export interface Ping {
  type: "ping";
  sent_ms: number;
}

/** Ask for the settings; answered by `settings`. */
export interface GetSettings {
  type: "get_settings";
  id: string;
}

/** Change settings; what is null stays. Answered by `settings`, to every pane of the workspace. */
export interface SetSettings {
  type: "set_settings";
  id: string;
  workspace?: string | null;
  keep_cell_contents?: boolean | null;
  risky_functions?: "refuse" | "confirm" | null;
  suggests_on_selection?: boolean | null;
  use_model?: boolean | null;
}

/** A sheet without its cells, in the order of the tabs. */
export interface SheetInfo {
  name: string;
  visibility: "visible" | "hidden" | "veryHidden";
  used_range: string | null;
  merges: string[];
  is_protected: boolean;
  /** The first cell that scrolls. */
  freeze: string | null;
  /** Column letters -> width in characters, where not the default. */
  column_widths: Record<string, number>;
  /** Zero-based. */
  hidden_rows: number[];
  hidden_columns: number[];
}

/** A table; `range` covers header and totals rows. */
export interface WireTable {
  name: string;
  sheet: string;
  range: string;
  columns: string[];
  header_rows: number;
  totals_rows: number;
  style: string | null;
}

/** A defined name; scope null is the workbook. */
export interface WireName {
  name: string;
  formula: string;
  scope: string | null;
  is_hidden: boolean;
}

/** The pane pushes the cells: exactly `chunks` chunks follow, in order. */
export interface HostSource {
  type: "host";
  sheets: SheetInfo[];
  tables: WireTable[];
  names: WireName[];
  is_1904: boolean;
  chunks: number;
}

/** The server holds the file under this workbook's id (see `POST /api/workbooks`); no chunk follows. */
export interface KeptSource {
  type: "kept";
}

/** Start to sync a workbook. The first pane to open an id fills it; others join with `join`. */
export interface OpenWorkbook {
  type: "open_workbook";
  id: string;
  /** Of the pane's choice for `host`, the same for all panes of one workbook; the server's for `kept`. */
  workbook_id: string;
  name?: string;
  source: HostSource | KeptSource;
  /** Where the server holds this workbook already: it answers `synced` at once. False: replace it. */
  join?: boolean;
}

/** Excel's error as a value. */
export interface WireError {
  error: "#NULL!" | "#DIV/0!" | "#VALUE!" | "#REF!" | "#NAME?" | "#NUM!" | "#N/A" | "#GETTING_DATA" | "#SPILL!" | "#CALC!" | "#FIELD!" | "#BLOCKED!" | "#CONNECT!" | "#UNKNOWN!" | "#BUSY!";
}

/** What of a cell's format travels; colours are `#RRGGBB`. */
export interface CellStyle {
  number_format: string;
  bold: boolean;
  italic: boolean;
  underline: string | null;
  font_name: string;
  font_size: number;
  font_color: string | null;
  fill: string | null;
  horizontal: string | null;
  vertical: string | null;
  wrap: boolean;
}

/** The master cell of an array formula and the area that it fills. */
export interface ArrayArea {
  cell: string;
  range: string;
  is_dynamic: boolean;
}

/**
 * A rectangle of cells, row by row; it replaces all that was there.
 *
 * `formulas` and `style_index` may be null where no cell has a formula or every style is the default; else
 * they have the shape of `values`. For a formula cell `values` holds its last result. In a delta a null
 * `style_index` leaves the formats as they are.
 */
export interface Block {
  sheet: string;
  range: string;
  values: WireValue[][];
  formulas: ((string | null)[])[] | null;
  styles: CellStyle[];
  /** Index into `styles` of each cell, -1 for the default. */
  style_index: number[][] | null;
  arrays: ArrayArea[];
}

/** Blocks of a workbook, under the limit of a message. `index` counts from 0 without a gap. */
export interface WorkbookChunk {
  type: "workbook_chunk";
  /** The id of `open_workbook`. */
  id: string;
  workbook_id: string;
  index: number;
  blocks: Block[];
}

/** Cells hold something else now; what a person typed, or what Excel recalculated. */
export interface CellsChange {
  type: "cells";
  block: Block;
  /** Only results of formulas changed; no revision is made stale by it. */
  is_recalculated: boolean;
}

/** Formulas for a rectangle, row by row; null leaves a cell as it is. `array` enters one array formula. */
export interface SetFormulas {
  type: "set_formulas";
  sheet: string;
  range: string;
  formulas: ((string | null)[])[];
  array: boolean;
}

/** Constants for a rectangle, row by row; null clears a cell's value and formula. */
export interface SetValues {
  type: "set_values";
  sheet: string;
  range: string;
  values: WireValue[][];
}

/** Fill `source` (first cells of `target`) over `target`, as Excel's fill handle does: series continue. */
export interface Fill {
  type: "fill";
  sheet: string;
  source: string;
  target: string;
}

/** Copy a range, possibly from another sheet; `what` is all, formulas, values or formats. */
export interface CopyRange {
  type: "copy_range";
  sheet: string;
  target: string;
  source_sheet: string;
  source: string;
  what: "all" | "formulas" | "values" | "formats";
}

/** A number format code such as `0.0%` or `yyyy-mm-dd`. */
export interface SetNumberFormat {
  type: "set_number_format";
  sheet: string;
  range: string;
  format: string;
}

/** Font facets; null leaves a facet as it is. Colour is `#RRGGBB`; underline as `single` or `none`. */
export interface SetFont {
  type: "set_font";
  sheet: string;
  range: string;
  bold: boolean | null;
  italic: boolean | null;
  underline: string | null;
  size: number | null;
  color: string | null;
  name: string | null;
}

/** A solid fill `#RRGGBB`; null removes the fill. */
export interface SetFill {
  type: "set_fill";
  sheet: string;
  range: string;
  color: string | null;
}

/** Alignment facets in OOXML's words; null leaves a facet as it is. Orientation in degrees, -90 to 90. */
export interface SetAlignment {
  type: "set_alignment";
  sheet: string;
  range: string;
  horizontal: string | null;
  vertical: string | null;
  wrap: boolean | null;
  orientation: number | null;
}

/** Lines on sides of a range (OOXML style such as `thin`); style null removes them. */
export interface SetBorders {
  type: "set_borders";
  sheet: string;
  range: string;
  side: "left" | "right" | "top" | "bottom" | "outside" | "all" | "inside_horizontal" | "inside_vertical";
  style: string | null;
  color: string | null;
}

/** Merge a range; only its first cell keeps its content. */
export interface Merge {
  type: "merge";
  sheet: string;
  range: string;
}

/** Undo every merge that touches the range. */
export interface Unmerge {
  type: "unmerge";
  sheet: string;
  range: string;
}

/** Insert `count` rows before row `at` (zero-based). */
export interface InsertRows {
  type: "insert_rows";
  sheet: string;
  at: number;
  count: number;
}

/** Insert `count` columns before column `at` (zero-based). */
export interface InsertColumns {
  type: "insert_columns";
  sheet: string;
  at: number;
  count: number;
}

/** Delete `count` rows from row `at` (zero-based). */
export interface DeleteRows {
  type: "delete_rows";
  sheet: string;
  at: number;
  count: number;
}

/** Delete `count` columns from column `at` (zero-based). */
export interface DeleteColumns {
  type: "delete_columns";
  sheet: string;
  at: number;
  count: number;
}

/** Width of columns left..right in characters of the default font, as in Excel; null is the default. */
export interface SetColumnWidth {
  type: "set_column_width";
  sheet: string;
  left: number;
  right: number;
  width: number | null;
}

/** A column of a sort (zero-based on the sheet). */
export interface SortKey {
  column: number;
  descending: boolean;
}

/** Sort the rows of a range by keys, stable, Excel's order of types; a header row stays. */
export interface Sort {
  type: "sort";
  sheet: string;
  range: string;
  keys: SortKey[];
  has_header: boolean;
}

/** An autofilter on a range (header row first); `values` keeps rows whose column holds one of them. */
export interface Filter {
  type: "filter";
  sheet: string;
  range: string;
  column: number | null;
  values: string[];
}

/** Make a range a table; its first row is the header. */
export interface AddTable {
  type: "add_table";
  sheet: string;
  range: string;
  name: string;
  style: string | null;
}

/**
 * One rule: OOXML type (`cellIs`, `expression`, `colorScale`, ...), operator, formulas with `=`, ranges.
 *
 * `fill` and `font` are the colours and font of its differential format where it has one; `text`, `rank`
 * and flags of particular types are in `options` (attribute name -> text).
 */
export interface ConditionalFormat {
  ranges: string[];
  type: string;
  operator: string | null;
  formulas: string[];
  priority: number;
  fill: string | null;
  font_color: string | null;
  bold: boolean | null;
  options: ([string, string])[];
}

/** Add one rule (ranges inside the rule). */
export interface AddConditionalFormat {
  type: "add_conditional_format";
  sheet: string;
  rule: ConditionalFormat;
}

/** A validation: OOXML type (`list`, `whole`, `decimal`, `date`, `custom`, ...), operator, formulas. */
export interface DataValidation {
  ranges: string[];
  type: string;
  operator: string | null;
  formulas: string[];
  allow_blank: boolean;
  error_message: string | null;
}

/** Add one validation (ranges inside it). */
export interface AddDataValidation {
  type: "add_data_validation";
  sheet: string;
  validation: DataValidation;
}

/**
 * One series: `values` and `categories` are references such as `=Sheet1!B2:B9`, `name` may be a text.
 *
 * `categories` are the x values of a scatter chart; null counts 1, 2, 3, ...
 */
export interface ChartSeries {
  values: string;
  categories: string | null;
  name: string | null;
}

/**
 * A chart, its top left corner at `anchor`, over `source` (of `source_sheet`; null: of its own sheet).
 *
 * Without `series` they are the columns of `source` (`cellwright.edits.charts`); the rest is as in Chart.
 */
export interface AddChart {
  type: "add_chart";
  sheet: string;
  anchor: string;
  source: string;
  chart_type: "column" | "bar" | "line" | "pie" | "scatter" | "area";
  title: string | null;
  source_sheet: string | null;
  series: ChartSeries[];
  stacking: "none" | "stacked" | "percent";
  legend: "right" | "left" | "top" | "bottom" | "none" | null;
  data_labels: boolean;
  x_title: string | null;
  y_title: string | null;
  markers: string | null;
  is_smooth: boolean;
  trendline: string | null;
}

/**
 * A pivot table at `anchor` over `source` (header row first): its fields by header text.
 *
 * `values` are (field, function): sum, count, average, min, max, product, stdDev or var.
 */
export interface AddPivot {
  type: "add_pivot";
  sheet: string;
  anchor: string;
  source_sheet: string;
  source: string;
  rows: string[];
  columns: string[];
  values: ([string, string])[];
}

/** Define or redefine a name; `formula` with its leading `=`; scope null is the workbook. */
export interface DefineName {
  type: "define_name";
  name: string;
  formula: string;
  scope: string | null;
}

/** Add an empty sheet before position `at` (null: last). */
export interface AddSheet {
  type: "add_sheet";
  name: string;
  at: number | null;
}

/** Rename a sheet; every formula and name that mentions it follows. */
export interface RenameSheet {
  type: "rename_sheet";
  sheet: string;
  name: string;
}

/** Freeze rows above and columns left of `cell`; null unfreezes. */
export interface FreezePanes {
  type: "freeze_panes";
  sheet: string;
  cell: string | null;
}

/** A change that is an edit: rows inserted, a sheet renamed, a format set. */
export interface EditChange {
  type: "edit";
  edit: WireEdit;
}

/** The pane did exactly what a `plan` said (accepted a suggestion, or took one back). */
export interface PlanChange {
  type: "plan";
  plan_id: string;
}

/**
 * What changed in the workbook since `base_revision`; all of it or nothing is taken over.
 *
 * Answered by `delta_applied`. With an older `base_revision` the change is carried over what came in
 * between; where that can't be, the answer is the error `revision_mismatch` and the pane syncs again.
 * A delta sent twice (same id) is applied once.
 */
export interface Delta {
  type: "delta";
  id: string;
  workbook_id: string;
  base_revision: number;
  changes: (CellsChange | EditChange | PlanChange)[];
}

/** The pane no longer looks at the workbook. */
export interface CloseWorkbook {
  type: "close_workbook";
  workbook_id: string;
}

/**
 * What is selected now; it supersedes the requests of an earlier selection.
 *
 * With `request_id` suggestions for it are asked for and answered as for `suggest`.
 */
export interface Selection {
  type: "selection";
  workbook_id: string;
  revision: number;
  sheet: string;
  ranges: string[];
  active_cell?: string | null;
  request_id?: string | null;
  /** The pane's clock at the selection event, for its own timing; comes back in `result`. */
  sent_ms?: number | null;
}

/**
 * Formulas and edits for a cell or range; a later `suggest` or `selection` of the pane supersedes it.
 *
 * `typed` is what the person has typed so far, with its `=`: only formulas that begin so are offered.
 */
export interface Suggest {
  type: "suggest";
  id: string;
  workbook_id: string;
  revision: number;
  target: string;
  n?: number;
  typed?: string;
  /** Also those that the assistant would keep silent about; for the person who asks for more. */
  include_unlikely?: boolean;
}

/** Finish a formula that is being typed; `at` is the cell it is typed into. Supersedes an earlier one. */
export interface Complete {
  type: "complete";
  id: string;
  workbook_id: string;
  revision: number;
  at: string;
  typed: string;
  n?: number;
}

/** Mend a formula that does not parse, or that gives an error; `formula` null: the one in the cell. */
export interface Repair {
  type: "repair";
  id: string;
  workbook_id: string;
  revision: number;
  at: string;
  formula?: string | null;
  n?: number;
}

/** The formula of an answer as a suggestion for a cell: tried there, then shown and accepted as any. */
export interface Write {
  type: "write";
  id: string;
  workbook_id: string;
  revision: number;
  at: string;
  formula: string;
}

/** The formula of a cell in words; answered by `explanation`. */
export interface Explain {
  type: "explain";
  id: string;
  workbook_id: string;
  revision: number;
  at: string;
}

/** Everything that looks wrong in the workbook; answered by one `finding` each, worst first. */
export interface Audit {
  type: "audit";
  id: string;
  workbook_id: string;
  revision: number;
}

/** An earlier request of the conversation, and where its outcome stands; what `ask` refers back to. */
export interface Turn {
  request: string;
  place: string | null;
  summary: string;
}

/**
 * A request or a question in words.
 *
 * Answered by `plan_step` for each step as soon as it has run on the workbook, then by one of `asked_plan`,
 * `answer` and `asked_back`. A plan is accepted as any suggestion is; nothing is changed by asking.
 */
export interface Ask {
  type: "ask";
  id: string;
  workbook_id: string;
  revision: number;
  text: string;
  /** What is selected. */
  place?: string | null;
  /** The conversation so far, oldest first; the server keeps none of it. */
  history?: Turn[];
}

/** Take a request back; answered by its `result` with status `cancelled`, unless it has ended. */
export interface Cancel {
  type: "cancel";
  request_id: string;
}

/**
 * Ask for the plan of a suggestion, made for the newest revision; nothing is changed by asking.
 *
 * Answered by `plan`, or by the error `stale` where cells that it rests on changed meanwhile, or
 * `unknown_suggestion`. The pane then does the plan's edits and sends a `delta` with it, and an `outcome`.
 */
export interface Accept {
  type: "accept";
  id: string;
  suggestion_id: string;
  /** Which of the suggestion's edits (by index) the person ticked; null: all. */
  edits?: number[] | null;
  /** What the person made of the suggested formula, for its first cell; it is verified anew. */
  final_formula?: string | null;
  /** Accept and fill: the range (with the suggestion's target as its first cells) to fill down or across. */
  fill_to?: string | null;
}

/**
 * Ask for the plan that takes an accepted suggestion back; null: the last that was not yet undone.
 *
 * Answered by `plan`, exact where nothing else changed, or by `stale`.
 */
export interface Undo {
  type: "undo";
  id: string;
  workbook_id: string;
  suggestion_id?: string | null;
}

/**
 * What became of a suggestion. A pane keeps it until `outcome_recorded` comes; sent twice is harmless.
 *
 * `edited`: accepted after a change, `final_text` says what it became. `stale`: it no longer fitted;
 * `reason` says why. For `rejected` `reason` is what the person chose or wrote.
 */
export interface Outcome {
  type: "outcome";
  id: string;
  suggestion_id: string;
  kind: OutcomeName;
  was_shown: boolean;
  reason?: string | null;
  final_text?: string | null;
  /** From shown to decided, by the pane's clock. */
  latency_ms?: number | null;
  /** At save: the share of the suggested cells that still hold what was suggested. */
  kept_rate?: number | null;
  /** When it happened; an outcome may arrive much later. */
  created: string;
}

/** The latest suggestions of this workspace and what became of them; answered by `history`. */
export interface History {
  type: "get_history";
  id: string;
  limit?: number;
}

/** A workbook that the server still holds. Where `revision` is not the pane's, the pane syncs again. */
export interface KnownWorkbook {
  workbook_id: string;
  revision: number;
}

/** The language model that serves; `hash` is of its weights. */
export interface ModelInfo {
  name: string;
  hash: string;
}

/** What this server takes; a pane keeps to it. */
export interface Limits {
  max_message_bytes: number;
  /** Cells of one workbook, all sheets together. */
  max_cells: number;
  /** Requests of one pane that may run or wait at once; past it they are refused as `busy`. */
  max_requests: number;
  messages_per_s: number;
  /** A pane sends `ping` this often; after three of them without a word the server closes the line. */
  heartbeat_s: number;
}

/** What a person may set; kept by the server for the workspace. */
export interface UserSettings {
  workspace: string;
  /** Keep cell contents with suggestions and outcomes; else they are redacted before they are stored. */
  keep_cell_contents: boolean;
  /** Formulas that reach out (WEBSERVICE, INDIRECT, ...): never offered, or with their own confirmation. */
  risky_functions: "refuse" | "confirm";
  suggests_on_selection: boolean;
  use_model: boolean;
}

/** The answer to `hello`. */
export interface Welcome {
  type: "welcome";
  protocol: number;
  server_version: string;
  session_id: string;
  role: "user" | "admin";
  /** The session of `resume` was still there. */
  is_resumed: boolean;
  workbooks: KnownWorkbook[];
  model: ModelInfo | null;
  limits: Limits;
  settings: UserSettings;
  /** Nothing that a pane sends leaves this machine: model, store and calculator are all on it. */
  is_local: boolean;
}

/** The answer to `ping`. */
export interface Pong {
  type: "pong";
  sent_ms: number;
}

/** What went wrong: a code for machines, one line for a person. `is_fatal`: the line is closed next. */
export interface ErrorMessage {
  type: "error";
  code: "unauthorized" | "unsupported_protocol" | "malformed" | "out_of_order" | "too_large" | "rate_limited" | "timeout" | "shutting_down" | "busy" | "usage" | "unknown_workbook" | "unknown_suggestion" | "revision_mismatch" | "limit_exceeded" | "stale" | "formula_syntax" | "edit" | "calc" | "model" | "store" | "forbidden" | "workbook" | "internal";
  message: string;
  /** The id of the message that failed; null where it had none. */
  request_id: string | null;
  workbook_id: string | null;
  /** For `revision_mismatch`: the revision that the server holds. */
  revision: number | null;
  /** For `busy` and `rate_limited`: when to try again. */
  retry_after_ms: number | null;
  is_fatal: boolean;
}

/** The settings in force. `request_id` is null where another pane changed them. */
export interface SettingsChanged {
  type: "settings";
  request_id: string | null;
  settings: UserSettings;
}

/** Back-pressure: a pane has at most two chunks on the way that were not yet received. */
export interface ChunkReceived {
  type: "chunk_received";
  request_id: string;
  workbook_id: string;
  index: number;
}

/** The server holds the workbook at this revision; requests may come now. */
export interface Synced {
  type: "synced";
  request_id: string;
  workbook_id: string;
  revision: number;
  cells: number;
  formulas: number;
  /** True: an answer to `open_workbook` that asks for the chunks; `revision` is then 0 until they are in. */
  needs_chunks: boolean;
}

/** The delta is in; the workbook is at `revision`. */
export interface DeltaApplied {
  type: "delta_applied";
  request_id: string;
  workbook_id: string;
  revision: number;
}

/** Another pane changed the workbook; suggestions for those places may be stale. */
export interface WorkbookChanged {
  type: "workbook_changed";
  workbook_id: string;
  revision: number;
  pane_id: string;
  /** Sheet ranges that changed; empty where it was more than can be listed. */
  places: string[];
}

/** A request is in this phase now; `warning` says what a person should know of how it is answered. */
export interface Progress {
  type: "progress";
  request_id: string;
  phase: "queued" | "context" | "experts" | "verify" | "model" | "search" | "audit" | "calculate";
  done: number;
  total: number;
  warning: string;
}

/**
 * One cell before and after; edited cells come first, then those that depend on them.
 *
 * The texts are the values in the cell's number format, for display.
 */
export interface PreviewCell {
  /** With its sheet: `Plan!C2`. */
  cell: string;
  before: WireValue;
  after: WireValue;
  formula_before: string | null;
  formula_after: string | null;
  before_text: string;
  after_text: string;
  is_verified: boolean;
  /** The suggestion writes this cell itself. */
  is_edited: boolean;
}

/** What running it on the workbook showed. */
export interface WireVerdict {
  status: "verified" | "unverified" | "makes_errors" | "invalid" | "refused";
  /** One line for a person where the status is not `verified`. */
  why: string;
  new_errors: string[];
  /** Functions that reach out; accepting asks for a confirmation of its own. */
  risks: string[];
  spill: string | null;
  /** How many cells change in all; `preview` may list fewer. */
  changed_cells: number;
}

/** One proposal as a person sees it. */
export interface WireSuggestion {
  id: string;
  kind: "formula" | "completion" | "repair" | "edit" | "answer";
  target: string;
  /** The formula, or the edits in a few words. */
  title: string;
  edits: WireEdit[];
  /** Each edit as a line `OPERATION | Sheet!Range | value`. */
  edit_lines: string[];
  /** Where the suggestion is one formula: its text for the first cell of the target. */
  formula: string | null;
  preview: PreviewCell[];
  reason: string;
  /** Sheet ranges that the reason rests on, to be selected by a click. */
  citations: string[];
  verdict: WireVerdict;
  /** Calibrated probability that a person accepts it; null where nothing estimates it (audit's repairs). */
  confidence: number | null;
  rank: number;
  /** Over the threshold; the others come only where they were asked for. */
  is_likely: boolean;
  base_revision: number;
  proposer: string;
  model: string | null;
}

/** Milliseconds of each part on the server; `queue`: waiting for a worker, `total`: receipt to sending. */
export interface Timings {
  queue_ms: number;
  /** What the proposers see of the workbook, and the experts' work. */
  context_ms: number;
  model_ms: number;
  verify_ms: number;
  rank_ms: number;
  total_ms: number;
}

/** A suggestion, verified; or the same id again with a newer verdict or rank, which replaces it. */
export interface CandidateFound {
  type: "candidate";
  request_id: string;
  workbook_id: string | null;
  suggestion: WireSuggestion;
  timings: Timings;
}

/** A suggestion that is shown has another verdict now, because the workbook changed or was calculated. */
export interface VerdictChanged {
  type: "verdict";
  request_id: string;
  suggestion_id: string;
  verdict: WireVerdict;
  preview: PreviewCell[];
  /** It no longer fits: cells it rests on changed. */
  is_stale: boolean;
}

/** The end of a request. `order`: ids of the suggestions that stand, best first; none: silence. */
export interface Result {
  type: "result";
  request_id: string;
  status: "complete" | "cancelled" | "superseded";
  workbook_id: string | null;
  revision: number;
  order: string[];
  timings: Timings;
  /** For a `selection`: its `sent_ms`. */
  sent_ms: number | null;
}

/** A part of a formula, innermost first; `has_value` false: it could not be computed. */
export interface ExplainedStep {
  text: string;
  words: string;
  value: WireValue;
  value_text: string;
  has_value: boolean;
}

/** What the formula reads; `place` null: not bound, `note` says why. */
export interface ExplainedInput {
  text: string;
  place: string | null;
  name: string | null;
  note: string;
}

/** Cells of one formula that read the explained one. */
export interface ExplainedDependent {
  place: string;
  count: number;
  formula: string;
  name: string | null;
}

/** A formula in words; `result` follows. */
export interface Explanation {
  type: "explanation";
  request_id: string;
  cell: string;
  formula: string;
  value: WireValue;
  value_text: string;
  name: string | null;
  summary: string;
  steps: ExplainedStep[];
  inputs: ExplainedInput[];
  dependents: ExplainedDependent[];
  notes: string[];
}

/** One finding of an audit. Where it can be mended, `suggestion` holds the edits, verified. */
export interface Finding {
  type: "finding";
  request_id: string;
  index: number;
  total: number;
  kind: string;
  severity: "error" | "warning" | "note";
  place: string | null;
  sentence: string;
  count: number;
  related: string[];
  suggestion: WireSuggestion | null;
}

/** One step of a plan, run on the workbook as the steps before it leave it. */
export interface WireStep {
  /** From 1. */
  number: number;
  title: string;
  /** Which edits of the plan's suggestion make it, by index. */
  edits: number[];
  edit_lines: string[];
  preview: PreviewCell[];
  citations: string[];
  verdict: WireVerdict;
  /** What would be lost, in words; empty where nothing is. */
  destroys: string;
  /** Offered as chosen: never where it destroys, fails or makes errors. */
  is_ticked: boolean;
}

/** A step of the plan that is being made. */
export interface PlanStep {
  type: "plan_step";
  request_id: string;
  step: WireStep;
}

/** The whole plan; `suggestion` (kind `edit`) is accepted with the edits of the steps that are ticked. */
export interface AskedPlan {
  type: "asked_plan";
  request_id: string;
  workbook_id: string;
  suggestion: WireSuggestion;
  steps: WireStep[];
  /** Parts of the request that were not understood. */
  left_out: string[];
  turn: Turn;
}

/** A computed answer; `formula` null: the workbook does not hold it, and `text` says so. */
export interface Answer {
  type: "answer";
  request_id: string;
  workbook_id: string;
  suggestion_id: string;
  text: string;
  formula: string | null;
  value: string;
  citations: string[];
  confidence: number;
  turn: Turn;
}

/** One way to go on: what a person sees, and the request that it stands for. */
export interface Choice {
  label: string;
  request: string;
}

/** The request is open, or not understood: one question with choices, each a request to send instead. */
export interface AskedBack {
  type: "asked_back";
  request_id: string;
  text: string;
  choices: Choice[];
}

/** A cell as it was before: null formula and null value is a blank cell. `style` counts into `styles`. */
export interface RestoredCell {
  cell: string;
  formula: string | null;
  value: WireValue;
  style: number | null;
  /** The area of the array formula whose master this cell was. */
  array: string | null;
}

/**
 * Put cells back as they were, formats included. Only in plans that the server sends.
 *
 * `facts` are the sheet's other facts that have to be put back, by name (`merges`, `column_widths`, ...)
 * with values as in the undo journal; `removes_sheet`: delete the sheet.
 */
export interface Restore {
  type: "restore";
  sheet: string | null;
  cells: RestoredCell[];
  /** As in the undo journal: facets that differ from the default style. */
  styles: (Record<string, unknown>)[];
  facts: Record<string, unknown>;
  removes_sheet: boolean;
}

/** What a cell must hold before a plan is done; a pane that finds something else has a conflict. */
export interface CellImage {
  cell: string;
  formula: string | null;
  value: WireValue;
}

/** Edits for the pane to do, in this order, made for `revision`: to accept a suggestion or to undo it. */
export interface Plan {
  type: "plan";
  request_id: string;
  plan_id: string;
  suggestion_id: string;
  workbook_id: string;
  purpose: "accept" | "undo";
  revision: number;
  edits: PlannedEdit[];
  /** The edited cells as the server knows them, at most 1,000. */
  before: CellImage[];
  preview: PreviewCell[];
  verdict: WireVerdict;
}

/** The outcome is on the server's disk; the pane may forget it. */
export interface OutcomeRecorded {
  type: "outcome_recorded";
  outcome_id: string;
  status: "recorded" | "duplicate" | "unknown_suggestion";
}

/** A suggestion that was shown, and its latest outcome. */
export interface HistoryEntry {
  suggestion_id: string;
  created: string;
  target: string;
  kind: string;
  edit_lines: string[];
  reason: string;
  verdict: string;
  confidence: number;
  outcome: OutcomeName | null;
  reject_reason: string | null;
  can_undo: boolean;
}

/** Newest first. */
export interface HistoryList {
  type: "history";
  request_id: string;
  entries: HistoryEntry[];
}

/** An edit as it travels. */
export type WireEdit =
  | SetFormulas
  | SetValues
  | Fill
  | CopyRange
  | SetNumberFormat
  | SetFont
  | SetFill
  | SetAlignment
  | SetBorders
  | Merge
  | Unmerge
  | InsertRows
  | InsertColumns
  | DeleteRows
  | DeleteColumns
  | SetColumnWidth
  | Sort
  | Filter
  | AddTable
  | AddConditionalFormat
  | AddDataValidation
  | AddChart
  | AddPivot
  | DefineName
  | AddSheet
  | RenameSheet
  | FreezePanes;

/** An edit of a plan that the server sends. */
export type PlannedEdit =
  | SetFormulas
  | SetValues
  | Fill
  | CopyRange
  | SetNumberFormat
  | SetFont
  | SetFill
  | SetAlignment
  | SetBorders
  | Merge
  | Unmerge
  | InsertRows
  | InsertColumns
  | DeleteRows
  | DeleteColumns
  | SetColumnWidth
  | Sort
  | Filter
  | AddTable
  | AddConditionalFormat
  | AddDataValidation
  | AddChart
  | AddPivot
  | DefineName
  | AddSheet
  | RenameSheet
  | FreezePanes
  | Restore;

/** All that a pane sends. */
export type ClientMessage =
  | Hello
  | Ping
  | GetSettings
  | SetSettings
  | OpenWorkbook
  | WorkbookChunk
  | Delta
  | CloseWorkbook
  | Selection
  | Suggest
  | Complete
  | Repair
  | Write
  | Explain
  | Audit
  | Ask
  | Cancel
  | Accept
  | Undo
  | Outcome
  | History;

/** All that the server sends. */
export type ServerMessage =
  | Welcome
  | Pong
  | ErrorMessage
  | SettingsChanged
  | ChunkReceived
  | Synced
  | DeltaApplied
  | WorkbookChanged
  | Progress
  | CandidateFound
  | VerdictChanged
  | Result
  | Explanation
  | Finding
  | PlanStep
  | AskedPlan
  | Answer
  | AskedBack
  | Plan
  | OutcomeRecorded
  | HistoryList;
