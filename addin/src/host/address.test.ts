import { describe, expect, it } from "vitest";
import {
  areaAddress,
  cellCount,
  columnIndex,
  columnLetters,
  parseArea,
  parsePlace,
  placeAddress,
  quotedSheet,
  splitAreas,
  strips,
} from "./address";
import { fillDownTo } from "./fill";
import { createHost } from "./host";
import { FakeExcel, surroundings } from "./testing/excel";

describe("addresses", () => {
  it.each([
    [0, "A"],
    [25, "Z"],
    [26, "AA"],
    [701, "ZZ"],
    [702, "AAA"],
    [16_383, "XFD"],
  ])("column %i is %s", (index, letters) => {
    expect(columnLetters(index)).toBe(letters);
    expect(columnIndex(letters)).toBe(index);
  });

  it.each(["B7", "B7:C9", "B:D", "3:5", "XFD1048576"])("reads %s and writes it again", (text) => {
    const area = parseArea(text);
    expect(area && areaAddress(area)).toBe(text);
  });

  it("takes dollars, lower case and corners in any order", () => {
    expect(parseArea("$c$9:b7")).toEqual(parseArea("B7:C9"));
  });

  it.each(["", "B", "7", "B0", "XFE1", "A1048577", "B7:C", "A1 B2", "rate"])("refuses %s", (text) => {
    expect(parseArea(text)).toBeNull();
  });

  it.each([
    ["Sheet1", "Sheet1"],
    ["My sheet", "'My sheet'"],
    ["it's", "'it''s'"],
    ["A1", "'A1'"],
    ["R1C1", "'R1C1'"],
    ["2024", "'2024'"],
    ["Übersicht", "Übersicht"],
  ])("quotes the sheet %s as %s", (name, quoted) => {
    expect(quotedSheet(name)).toBe(quoted);
    expect(parsePlace(`${quoted}!B2`)?.sheet).toBe(name);
    expect(placeAddress({ sheet: name, top: 1, left: 1, bottom: 1, right: 1 })).toBe(`${quoted}!B2`);
  });

  it("splits areas at commas outside quotes", () => {
    expect(splitAreas("'a,b'!A1:B2, Sheet1!C3,D4")).toEqual(["'a,b'!A1:B2", "Sheet1!C3", "D4"]);
  });

  it("cuts an area into strips that cover it once", () => {
    const area = { top: 3, left: 2, bottom: 107, right: 11 };
    const parts = [...strips(area, 64)];
    expect(parts.every((part) => cellCount(part) <= 64)).toBe(true);
    expect(parts.reduce((sum, part) => sum + cellCount(part), 0)).toBe(cellCount(area));
    expect([...strips({ top: 0, left: 0, bottom: 0, right: 199 }, 64)]).toHaveLength(4);
  });
});

describe("how far a fill goes", () => {
  const fill = async (cells: Record<string, number>, at: { top: number; left: number }) => {
    const host = createHost(surroundings(new FakeExcel({ S: cells })));
    const target = await fillDownTo(host, { sheet: "S", ...at, bottom: at.top, right: at.left });
    return target && areaAddress(target);
  };

  it("follows the column on the left, else on the right, without a gap", async () => {
    expect(await fill({ A1: 1, A2: 1, A3: 1, A5: 1 }, { top: 0, left: 1 })).toBe("B1:B3");
    expect(await fill({ B1: 1, B2: 1 }, { top: 0, left: 0 })).toBe("A1:A2");
  });

  it("never overwrites", async () => {
    expect(await fill({ A1: 1, A2: 1, A3: 1, B3: 9 }, { top: 0, left: 1 })).toBe("B1:B2");
    expect(await fill({ A1: 1, A2: 1, B2: 9 }, { top: 0, left: 1 })).toBeNull();
    expect(await fill({ A1: 1 }, { top: 0, left: 1 })).toBeNull();
  });

  it("goes past the first two thousand rows", async () => {
    const cells = Object.fromEntries(Array.from({ length: 4_500 }, (_, row) => [`A${row + 1}`, row]));
    expect(await fill(cells, { top: 0, left: 1 })).toBe("B1:B4500");
  });
});
