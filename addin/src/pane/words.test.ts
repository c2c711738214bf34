import { describe, expect, it } from "vitest";
import { citedParts } from "./Cited";
import { editWords, readEditLine } from "./EditLine";

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
  it.each([
    ["FORMULA | Plan!C2 | =A2|B2", "Formula", "Plan!C2", "=A2|B2"],
    ["NUMBER_FORMAT | 'a | b''s'!C2:C9 | 0.00 | x", "Number format", "'a | b''s'!C2:C9", "0.00 | x"],
    ["MERGE | Plan!D1:E1", "Merge", "Plan!D1:E1", ""],
    ['INSERT_ROWS | Plan!3:3 | {"count": 2, "style": null}', "Insert rows", "Plan!3:3", "count: 2"],
    ['INPUT | A!B4:C5 | [["Topic","Owner"],["Math",1]]', "Input", "A!B4:C5", "Topic, Owner; Math, 1"],
    ["VALUE | A!B4 | [not json", "Value", "A!B4", "[not json"],
    ["delete_rows", "Delete rows", "", ""],
  ])("%s", (line, operation, place, detail) => {
    expect(readEditLine(line)).toEqual({ operation, place, detail });
  });

  it("is cut where it is long", () => {
    expect(editWords(`VALUE | A!B4 | ${"x".repeat(5_000)}`)).toHaveLength("Value A!B4 ".length + 300);
  });
});
