import { describe, expect, it } from "vitest";
import { grid } from "../testing/grid";
import { showSheetNames } from "./sheetNames";

/** As the server gives it: the grid's own names within, the person's outside. */
function named() {
  const { model, cells } = grid({
    "P&L ": { A1: "5", A2: "=A1+1" },
    "Hiǃ ": { A1: "='P&L '!A2*2" },
    Plain: { A1: "=SUM('P&L '!A1:A2)+'Hiǃ '!A1" },
  });
  showSheetNames(model, ["P&L", "Hi!", "Plain"]);
  return { model, cells };
}

describe("sheets whose names IronCalc cannot read back", () => {
  it("have their real names outside", () => {
    const { model, cells } = named();
    expect(model.getWorksheetsProperties().map(({ name }) => name)).toEqual(["P&L", "Hi!", "Plain"]);
    expect(cells.sheetIndex("p&l")).toBe(0);
    expect(cells.sheetName(1)).toBe("Hi!");
    expect(model.getCellContent(2, 1, 1)).toBe("=SUM('P&L'!A1:A2)+'Hi!'!A1");
    expect(model.getFormattedCellValue(2, 1, 1)).toBe("23");
  });

  it("may hold hyphens and whatever else means something in a pattern", () => {
    const name = "OCCF-Dp (a.b) $^+{}|";
    const { model } = grid({ [`${name} `]: { A1: "5" }, Plain: { A1: "1" } });
    showSheetNames(model, [name, "Plain"]);
    model.setUserInput(1, 2, 1, `='${name}'!A1*2`);
    expect(model.getFormattedCellValue(1, 2, 1)).toBe("10");
    expect(model.getCellContent(1, 2, 1)).toBe(`='${name}'!A1*2`);
    model.renameSheet(1, "Pre-Calibration Calculated Vals");
    model.setUserInput(0, 2, 1, "='Pre-Calibration Calculated Vals'!A1");
    expect(model.getFormattedCellValue(0, 2, 1)).toBe("1");
  });

  it("are found by formulas that name them so, and by text that only looks like it not", () => {
    const { model, cells } = named();
    model.setUserInput(2, 2, 1, "='p&l'!A2+'Hi!'!A1");
    expect(model.getFormattedCellValue(2, 2, 1)).toBe("18");
    expect(model.getCellContent(2, 2, 1)).toBe("='P&L'!A2+'Hi!'!A1");
    model.setUserInput(2, 3, 1, "see 'P&L'!A1");
    expect(model.getCellContent(2, 3, 1)).toBe("see 'P&L'!A1");
    model.newDefinedName("six", null, "'P&L'!$A$2");
    expect(model.getDefinedNameList()[0]?.formula).toBe("'P&L'!$A$2");
    cells.setInputs(2, { top: 3, left: 0, bottom: 3, right: 0 }, [["=six&'P&L'!A1"]]);
    expect(model.getFormattedCellValue(2, 4, 1)).toBe("65");
  });

  it("keep what reads them when a person gives them such a name, and when that is undone", () => {
    const { model } = named();
    model.renameSheet(2, "Q&A");
    model.setUserInput(0, 3, 1, "='Q&A'!A1");
    expect(model.getFormattedCellValue(0, 3, 1)).toBe("23");
    model.renameSheet(0, "Profit");
    expect(model.getCellContent(2, 1, 1)).toBe("=SUM(Profit!A1:A2)+'Hi!'!A1");
    model.undo();
    expect(model.getWorksheetsProperties().map(({ name }) => name)).toEqual(["P&L", "Hi!", "Q&A"]);
    expect(model.getCellContent(2, 1, 1)).toBe("=SUM('P&L'!A1:A2)+'Hi!'!A1");
  });
});
