import { describe, expect, it } from "vitest";
import { translator } from "../i18n";
import { citedParts } from "./Cited";
import { editWords, readEditLine } from "./editWords";

describe("a reason", () => {
  it("has its citations where it names them, and the others after it", () => {
    const { parts, rest } = citedParts(
      "Copies B$2 of (E5), unlike E55 and XE5, as 'My Plan'!A1:A3 does",
      ["Report!E5", "'My Plan'!A1:A3", "Report!B2", "Report!Z9"],
      "Report",
    );
    expect(parts.filter(({ place }) => place !== null)).toEqual([
      { text: "B$2", place: "Report!B2" },
      { text: "E5", place: "Report!E5" },
      { text: "'My Plan'!A1:A3", place: "'My Plan'!A1:A3" },
    ]);
    expect(parts.map(({ text }) => text).join("")).toBe(
      "Copies B$2 of (E5), unlike E55 and XE5, as 'My Plan'!A1:A3 does",
    );
    expect(rest).toEqual(["Report!Z9"]);
  });

  it("without citations is its text", () => {
    expect(citedParts("Sums E5", [], "Report")).toEqual({
      parts: [{ text: "Sums E5", place: null }],
      rest: [],
    });
  });
});

describe("an edit's line", () => {
  const t = translator("en");

  it.each([
    ["FORMULA | Plan!C2 | =A2|B2", "Formula in", "Plan!C2", "=A2|B2"],
    ["NUMBER_FORMAT | 'a | b''s'!C2:C9 | 0.00 | x", "Number format of", "'a | b''s'!C2:C9", "0.00 | x"],
    ["MERGE | Plan!D1:E1", "Merge", "Plan!D1:E1", ""],
    ['INPUT | A!B4:C5 | [["Topic","Owner"],["Math",1]]', "Write into", "A!B4:C5", "Topic, Owner; Math, 1"],
    ["VALUE | A!B4 | [not json", "Write into", "A!B4", "[not json"],
    ["FONT_BOLD | Plan!A1:D1 | true", "Bold", "Plan!A1:D1", ""],
    ["FONT_BOLD | Plan!A1:D1 | false", "Not bold", "Plan!A1:D1", ""],
    ["FONT_UNDERLINE | Plan!A1 | none", "No underline in", "Plan!A1", ""],
    ['FONT | Plan!A1:D1 | {"bold":true,"size":12}', "Font of", "Plan!A1:D1", "bold, size 12"],
    ["FILL_COLOR | Plan!A1 | none", "No background in", "Plan!A1", ""],
    ["BORDER_BOTTOM | Plan!A1 | None", "Remove lines of", "Plan!A1", ""],
    ["AUTOFILL | Plan!C2:C9 | Plan!C2", "Fill", "Plan!C2:C9", "from Plan!C2"],
    [
      "PASTE_FROM | Plan!D2 | 'a | b'!A2:B3 | values",
      "Copy to",
      "Plan!D2",
      "from 'a | b'!A2:B3, values only",
    ],
    [
      'SORT | Plan!A1:D9 | {"keys":[{"column":"C","descending":true},{"column":"A"}]}',
      "Sort",
      "Plan!A1:D9",
      "by C, largest first, by A",
    ],
    ['FILTER | Plan!A1:D9 | {"column":"B","values":["x","y"]}', "Filter", "Plan!A1:D9", "B is x, y"],
    ['SET_COLUMN_WIDTH | Plan!B:C | {"width":null}', "Width of columns", "Plan!B:C", "as standard"],
    [
      'ADD_CHART | Plan!F2 | {"source":"A1:B9","type":"bar","title":"Sales"}',
      "Chart at",
      "Plan!F2",
      "bar chart of A1:B9, “Sales”",
    ],
    [
      'ADD_PIVOT | Plan!F2 | {"source":"A1:B9","rows":["Region"],"values":[["Sales","sum"]]}',
      "Pivot table at",
      "Plan!F2",
      "sum Sales by Region",
    ],
    ['DEFINE_NAME | Rate | {"formula":"=Plan!$B$1"}', "Name", "Rate", "=Plan!$B$1"],
    ['RENAME_SHEET | Plan | {"name":"New"}', "Rename the sheet", "Plan", "to New"],
    ['SOMETHING_NEW | Plan!3:3 | {"count": 2, "style": null}', "Something new", "Plan!3:3", "count: 2"],
    ["FREEZE_PANES | Plan!A2", "Freeze above and left of", "Plan!A2", ""],
    ["FREEZE_PANES | Plan", "Unfreeze", "Plan", ""],
    ["delete_rows", "Delete rows", "", ""],
  ])("%s", (line, operation, place, detail) => {
    expect(readEditLine(line, t)).toEqual({ operation, place, detail });
  });

  it("is cut where it is long", () => {
    const words = editWords(`VALUE | A!B4 | ${"x".repeat(5_000)}`, t);
    expect(words).toHaveLength("Write into A!B4 ".length + 300);
  });
});
