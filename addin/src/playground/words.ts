/** The playground's own words; those of the pane are in `i18n`. */

export const WORDS = {
  title: "Cellwright playground",
  open: "Open your .xlsx",
  samples: "Samples",
  save: "Save a copy",
  saving: "Saving…",
  limits: "What this can’t do",
  close: "Close",
  drop: "Drop a workbook here",
  loading: "Opening…",
  unreachable: "The server does not answer. Is “cellwright serve” running?",
  unauthorized:
    "The server does not know this page. Open the address that “cellwright serve” printed, with its token.",
  notAWorkbook: "Cellwright opens .xlsx and .xlsm workbooks.",
  severalFiles: "One workbook at a time, please.",
  saved: (name: string) =>
    `Saved as ${name}. Parts of the file that your changes do not need are byte for byte as they were.`,
  notSaved: (sheets: string) => `Not saved, because the file has no such sheet: ${sheets}.`,
  leftOut: "Of this workbook the grid does not show",
  kept: "All of that stays in your file: saving patches the original, and parts that need no change keep every byte.",
} as const;

/** What Excel can do and this page cannot. */
export const LIMITS: readonly string[] = [
  "It calculates with IronCalc, not with Excel: functions that IronCalc lacks show #NAME? here, and volatile ones are new at every start. Verdicts come from the server, not from this grid.",
  "No charts, pivot tables, pictures, conditional formats, merged cells, filters or data validation, and a suggestion that would make one can be accepted in Excel only; tables have no style.",
  "Sheets are shown from left to right only, also those that run from right to left; rows are as high as their wrapped text needs, whatever height they have in the file.",
  "No macros, no links to other workbooks, no comments, no protection.",
  "Ctrl+Z undoes what you type; a suggestion is undone in the pane, exactly and with its formats.",
  "Saved are cells, formats, and rows and columns that you insert or delete. Sheets that you add, rename or delete by hand, borders, widths and names are not, unless a suggestion made them; saving says so.",
  "F6 goes from the cells to the suggestions and back; Tab in the grid accepts, or moves on.",
  "In Excel a suggestion is previewed in the pane and accepted with a shortcut; ghosts on the cells and Tab exist only here.",
];
