/** Formats of a range: font, fill, borders, alignment and column width over IronCalc's styles. */

import { BorderType } from "@ironcalc/wasm";
import type { Area } from "../../host/address";
import type {
  BorderIndex,
  OfficeBorder,
  OfficeBorders,
  OfficeFill,
  OfficeFont,
  OfficeFormat,
} from "../../host/surface";
import { toIron } from "../model/observed";
import { type Batch, notInGrid, ShimObject } from "./batch";
import { type GridCells, horizontalWord, lineOf } from "./cells";

const POINTS_PER_PIXEL = 0.75;
const STANDARD_WIDTH_PX = 90;
const uncapitalised = (word: string) => word.charAt(0).toLowerCase() + word.slice(1);

/** The place that a range turns out to be, once `sync` runs. */
export type Place = () => { readonly sheet: number; readonly area: Area };

class Font extends ShimObject implements OfficeFont {
  constructor(
    batch: Batch,
    private readonly cells: GridCells,
    private readonly place: Place,
  ) {
    super(batch);
  }

  protected read(property: string): unknown {
    const { sheet, area } = this.place();
    const { format } = this.cells.looks(sheet, { ...area, bottom: area.top, right: area.left })[0]?.[0] ?? {};
    return (format?.font as Record<string, unknown> | undefined)?.[property];
  }

  private style(path: string) {
    return (value: unknown) => {
      const { sheet, area } = this.place();
      this.cells.setStyle(sheet, area, path, String(value));
    };
  }

  get bold(): boolean {
    return this.value("bold");
  }
  set bold(value: boolean) {
    this.write("bold", value, this.style("font.b"));
  }
  get italic(): boolean {
    return this.value("italic");
  }
  set italic(value: boolean) {
    this.write("italic", value, this.style("font.i"));
  }
  get underline(): string {
    return this.value("underline");
  }
  set underline(value: string) {
    this.write("underline", value, (word) => this.style("font.u")(word !== "None"));
  }
  get size(): number {
    return this.value("size");
  }
  set size(value: number) {
    this.write("size", value, (size) => this.style("font.size")(Math.round(size)));
  }
  get color(): string {
    return this.value("color");
  }
  set color(value: string) {
    this.write("color", value, this.style("font.color"));
  }
  get name(): string {
    return this.value("name");
  }
  set name(value: string) {
    this.write("name", value, (name) => {
      const { sheet, area } = this.place();
      const styles = this.cells.matrix(area, (row, column) => {
        const style = this.cells.style(sheet, row, column);
        return { ...style, font: { ...style.font, name } };
      });
      this.cells.setStyles(sheet, area, styles);
    });
  }
}

class Fill extends ShimObject implements OfficeFill {
  constructor(
    batch: Batch,
    private readonly cells: GridCells,
    private readonly place: Place,
  ) {
    super(batch);
  }

  protected read(): unknown {
    const { sheet, area } = this.place();
    return (
      this.cells.looks(sheet, { ...area, bottom: area.top, right: area.left })[0]?.[0]?.format?.fill?.color ??
      ""
    );
  }

  get color(): string {
    return this.value("color");
  }
  set color(value: string) {
    this.write("color", value, (color) => {
      const { sheet, area } = this.place();
      this.cells.setStyle(sheet, area, "fill.color", color);
    });
  }

  clear(): void {
    this.batch.push(() => {
      const { sheet, area } = this.place();
      this.cells.setStyle(sheet, area, "fill.color", "");
    });
  }
}

const BORDER_TYPES: Record<BorderIndex, BorderType> = {
  EdgeTop: BorderType.Top,
  EdgeBottom: BorderType.Bottom,
  EdgeLeft: BorderType.Left,
  EdgeRight: BorderType.Right,
  InsideVertical: BorderType.CenterV,
  InsideHorizontal: BorderType.CenterH,
};

/** One line; style, weight and colour are written together, when the last of them is known at sync. */
class Border implements OfficeBorder {
  private words: { style?: string; weight?: string; color?: string } = {};
  private isQueued = false;

  constructor(
    private readonly batch: Batch,
    private readonly cells: GridCells,
    private readonly place: Place,
    private readonly index: BorderIndex,
  ) {}

  private change(words: { style?: string; weight?: string; color?: string }): void {
    this.words = { ...this.words, ...words };
    if (this.isQueued) return;
    this.isQueued = true;
    this.batch.push(() => {
      this.isQueued = false;
      const { sheet, area } = this.place();
      const line = lineOf(this.words.style, this.words.weight);
      if (line === null) this.erase(sheet, area);
      else {
        this.cells.observed.model.setAreaWithBorder(toIron(sheet, area), {
          item: { style: line as never, color: this.words.color ?? "#000000" },
          type: BORDER_TYPES[this.index],
        });
      }
    });
  }

  private erase(sheet: number, area: Area): void {
    const styles = this.cells.matrix(area, (row, column) => {
      const style = structuredClone(this.cells.style(sheet, row, column));
      const { border } = style;
      if (this.index === "EdgeTop" ? row === area.top : this.index === "InsideHorizontal" && row > area.top)
        delete border.top;
      if (
        this.index === "EdgeBottom"
          ? row === area.bottom
          : this.index === "InsideHorizontal" && row < area.bottom
      ) {
        delete border.bottom;
      }
      if (
        this.index === "EdgeLeft"
          ? column === area.left
          : this.index === "InsideVertical" && column > area.left
      ) {
        delete border.left;
      }
      if (
        this.index === "EdgeRight"
          ? column === area.right
          : this.index === "InsideVertical" && column < area.right
      ) {
        delete border.right;
      }
      return style;
    });
    this.cells.setStyles(sheet, area, styles);
  }

  get style(): string {
    return this.words.style ?? "None";
  }
  set style(style: string) {
    this.change({ style });
  }
  get weight(): string {
    return this.words.weight ?? "Thin";
  }
  set weight(weight: string) {
    this.change({ weight });
  }
  get color(): string {
    return this.words.color ?? "#000000";
  }
  set color(color: string) {
    this.change({ color });
  }
}

export class Format extends ShimObject implements OfficeFormat {
  readonly font: OfficeFont & ShimObject;
  readonly fill: OfficeFill & ShimObject;
  readonly borders: OfficeBorders;
  readonly protection: { readonly locked: boolean | null; load(): unknown };

  constructor(
    batch: Batch,
    private readonly cells: GridCells,
    private readonly place: Place,
  ) {
    super(batch);
    this.font = new Font(batch, cells, place);
    this.fill = new Fill(batch, cells, place);
    this.borders = { getItem: (index) => new Border(batch, cells, place, index) };
    // IronCalc has no locked cells; Excel's cells are locked unless somebody unlocks them.
    this.protection = { locked: true, load: () => this.protection };
  }

  protected read(property: string): unknown {
    const { sheet, area } = this.place();
    const style = this.cells.style(sheet, area.top, area.left);
    switch (property) {
      case "horizontalAlignment":
        return horizontalWord(style.alignment?.horizontal);
      case "verticalAlignment": {
        const word = style.alignment?.vertical ?? "bottom";
        return word.charAt(0).toUpperCase() + word.slice(1);
      }
      case "wrapText":
        return style.alignment?.wrap_text ?? false;
      case "textOrientation":
        return 0;
      case "columnWidth":
        return this.cells.observed.model.getColumnWidth(sheet, area.left + 1) * POINTS_PER_PIXEL;
      case "useStandardWidth":
        return this.cells.observed.model.getColumnWidth(sheet, area.left + 1) === STANDARD_WIDTH_PX;
      default:
        return undefined;
    }
  }

  private setWidth(pixels: number): void {
    const { sheet, area } = this.place();
    this.cells.observed.model.setColumnsWidth(sheet, area.left + 1, area.right + 1, pixels);
  }

  private setAlignment(path: string, value: string): void {
    const { sheet, area } = this.place();
    this.cells.setStyle(sheet, area, path, value);
  }

  get horizontalAlignment(): string {
    return this.value("horizontalAlignment");
  }
  set horizontalAlignment(value: string) {
    this.write("horizontalAlignment", value, (word) =>
      this.setAlignment(
        "alignment.horizontal",
        word === "CenterAcrossSelection" ? "centerContinuous" : uncapitalised(word),
      ),
    );
  }
  get verticalAlignment(): string {
    return this.value("verticalAlignment");
  }
  set verticalAlignment(value: string) {
    this.write("verticalAlignment", value, (word) =>
      this.setAlignment("alignment.vertical", uncapitalised(word)),
    );
  }
  get wrapText(): boolean {
    return this.value("wrapText");
  }
  set wrapText(value: boolean) {
    this.write("wrapText", value, (wrap) => this.setAlignment("alignment.wrap_text", String(wrap)));
  }
  get textOrientation(): number {
    return this.value("textOrientation");
  }
  set textOrientation(value: number) {
    this.write("textOrientation", value, (degrees) => {
      if (degrees !== 0) notInGrid("turned text");
    });
  }
  get columnWidth(): number {
    return this.value("columnWidth");
  }
  set columnWidth(value: number) {
    this.write("columnWidth", value, (points) => this.setWidth(points / POINTS_PER_PIXEL));
  }
  get useStandardWidth(): boolean {
    return this.value("useStandardWidth");
  }
  set useStandardWidth(value: boolean) {
    this.write("useStandardWidth", value, (isStandard) => {
      if (isStandard) this.setWidth(STANDARD_WIDTH_PX);
    });
  }
}
