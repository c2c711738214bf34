import { describe, expect, it } from "vitest";
import table from "../../../backend/cellwright/formula/locale.txt?raw";
import { en } from "./en";
import { formulaLocale, loadFormulaLocale } from "./formulas";
import { type MessageKey, translator } from "./index";

describe("messages", () => {
  const t = translator("en-US");

  it("fills parameters in, with numbers as people read them", () => {
    expect(t("sync.too_large", { cells: 5_200_000, limit: 1_000_000 })).toContain("5,200,000 cells");
    expect(t("error.protected", { detail: "S!A1" })).toBe("S!A1 is protected.");
    expect(t("card.citation", {})).toBe("Select {place}");
  });

  it("counts", () => {
    expect([0, 1, 2].map((count) => t("audit.cells", { count }))).toEqual(["0 cells", "1 cell", "2 cells"]);
  });

  it("stands in with English for languages without a catalogue", () => {
    expect(translator("xx-YY")("card.accept")).toBe(t("card.accept"));
  });

  it("has no parameter in one plural form that another lacks", () => {
    for (const [key, message] of Object.entries(en)) {
      if (typeof message === "string") continue;
      const names = Object.values(message).map((text) => new Set(text.match(/\{\w+\}/g)));
      for (const set of names)
        expect([key as MessageKey, [...set].sort()]).toEqual([key, [...(names[0] ?? [])].sort()]);
    }
  });
});

describe("formulas in other languages", () => {
  const german = formulaLocale("de", table);
  const spanish = formulaLocale("es", table);

  it.each([
    ["=SUM(A1:B2,1.5)", "=SUMME(A1:B2;1,5)"],
    ['=IF(A1="a,b;1.5",TRUE,#N/A)', '=WENN(A1="a,b;1.5";WAHR;#NV)'],
    ["='Q1, 1.5'!B2*2.5", "='Q1, 1.5'!B2*2,5"],
    ["={1,2.5;3,4}", "={1.2,5;3.4}"],
    ["=SUM(Sales[[#Totals],[Net, 1.5]])", "=SUMME(Sales[[#Ergebnisse],[Net, 1.5]])"],
    ["=LOG10(A1)+R1C1+A1.5", "=LOG10(A1)+R1C1+A1.5"],
    ["=AVERAGE(SUM_x,Sheet1.2!A1)", "=MITTELWERT(SUM_x;Sheet1.2!A1)"],
    ["=1E-3*A1", "=1E-3*A1"],
    ["=XLOOKUP(A1,B:B,C:C)", "=XVERWEIS(A1;B:B;C:C)"],
  ])("shows %s in German and reads it back", (english, local) => {
    expect(german.toLocal(english)).toBe(local);
    expect(german.fromLocal(local)).toBe(english);
  });

  it("parts columns of an array with a backslash in Spanish", () => {
    expect(spanish.toLocal("={1,2;3,4}")).toBe("={1\\2;3\\4}");
    expect(spanish.fromLocal("={1\\2;3\\4}")).toBe("={1,2;3,4}");
    expect(spanish.toLocal("=IF(FALSE,#NULL!,#NAME?)")).toBe("=SI(FALSO;#¡NULO!;#¿NOMBRE?)");
    expect(spanish.fromLocal("=SI(FALSO;#¡NULO!;#¿NOMBRE?)")).toBe("=IF(FALSE,#NULL!,#NAME?)");
  });

  it("takes separators from the region where it is another than the language", async () => {
    const swiss = await loadFormulaLocale("de-CH", ".");
    expect(swiss.toLocal("=SUM(1.5,2)")).toBe("=SUMME(1.5,2)");
    const abroad = await loadFormulaLocale("en-GB", ",");
    expect(abroad.toLocal("=SUM(1.5,TRUE)")).toBe("=SUM(1,5;TRUE)");
    expect(abroad.fromLocal("=SUM(1,5;TRUE)")).toBe("=SUM(1.5,TRUE)");
  });

  it("loads the table by the language of a tag, and leaves other languages in English", async () => {
    expect((await loadFormulaLocale("de-AT")).toLocal("=SUM(1,2)")).toBe("=SUMME(1;2)");
    expect((await loadFormulaLocale("ja-JP")).toLocal("=SUM(1,2)")).toBe("=SUM(1,2)");
  });
});
