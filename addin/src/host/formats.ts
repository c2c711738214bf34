/** Writes of formats: fonts, fills, alignment, borders. */

import type { PlannedEdit, SetAlignment, SetBorders, SetFont } from "../protocol/messages";
import { height, parseArea, width } from "./address";
import { HostError } from "./errors";
import type { BorderIndex, OfficeFont, OfficeFormat, OfficeWorksheet } from "./surface";
import { alignmentWord, lineWords, underlineWord } from "./words";

const SIDES: Record<SetBorders["side"], readonly BorderIndex[]> = {
  left: ["EdgeLeft"],
  right: ["EdgeRight"],
  top: ["EdgeTop"],
  bottom: ["EdgeBottom"],
  outside: ["EdgeLeft", "EdgeRight", "EdgeTop", "EdgeBottom"],
  all: ["EdgeLeft", "EdgeRight", "EdgeTop", "EdgeBottom", "InsideVertical", "InsideHorizontal"],
  inside_horizontal: ["InsideHorizontal"],
  inside_vertical: ["InsideVertical"],
};

export type FormatEdit = Extract<
  PlannedEdit,
  { type: "set_font" | "set_fill" | "set_alignment" | "set_borders" }
>;

/** Queues a format edit on its range. */
export function queueFormat(worksheet: OfficeWorksheet, edit: FormatEdit): void {
  const { format } = worksheet.getRange(edit.range);
  switch (edit.type) {
    case "set_font":
      queueFont(format.font, edit);
      return;
    case "set_fill":
      if (edit.color === null) format.fill.clear();
      else format.fill.color = edit.color;
      return;
    case "set_alignment":
      queueAlignment(format, edit);
      return;
    case "set_borders": {
      const area = parseArea(edit.range);
      if (!area) throw new HostError("bad_address", edit.range);
      for (const index of SIDES[edit.side]) {
        if (
          (index === "InsideVertical" && width(area) === 1) ||
          (index === "InsideHorizontal" && height(area) === 1)
        )
          continue;
        const border = format.borders.getItem(index);
        const line = edit.style === null ? null : lineWords(edit.style);
        border.style = line ? line[1] : "None";
        if (line) border.weight = line[0];
        if (line && edit.color !== null) border.color = edit.color;
      }
    }
  }
}

function queueFont(font: OfficeFont, edit: SetFont): void {
  if (edit.bold !== null) font.bold = edit.bold;
  if (edit.italic !== null) font.italic = edit.italic;
  if (edit.underline !== null) font.underline = underlineWord(edit.underline);
  if (edit.size !== null) font.size = edit.size;
  if (edit.color !== null) font.color = edit.color;
  if (edit.name !== null) font.name = edit.name;
}

function queueAlignment(format: OfficeFormat, edit: SetAlignment): void {
  if (edit.horizontal !== null) format.horizontalAlignment = alignmentWord(edit.horizontal);
  if (edit.vertical !== null) format.verticalAlignment = alignmentWord(edit.vertical);
  if (edit.wrap !== null) format.wrapText = edit.wrap;
  if (edit.orientation !== null) format.textOrientation = edit.orientation;
}
