/**
 * Fluent's tokens as CSS variables on the root, light or dark, with a brand of our own. Only those that the
 * style sheets use are set. Where the system forces colours (high contrast) the style sheets name system
 * colours, which win over these.
 */

import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  type Theme as Tokens,
} from "@fluentui/tokens";
import type { Theme } from "../client/settings";

const brand: BrandVariants = {
  10: "#021310",
  20: "#05211b",
  30: "#082f27",
  40: "#0a3d33",
  50: "#0b4b3f",
  60: "#0c594b",
  70: "#0d6656",
  80: "#0f7260",
  90: "#17806c",
  100: "#3aa590",
  110: "#4fae9b",
  120: "#5dae9d",
  130: "#7abfb0",
  140: "#98cfc3",
  150: "#b8dfd7",
  160: "#dbf0eb",
};

const USED = [
  "borderRadiusMedium",
  "borderRadiusLarge",
  "borderRadiusSmall",
  "colorBrandBackground",
  "colorBrandBackground2",
  "colorBrandBackgroundHover",
  "colorBrandBackgroundPressed",
  "colorBrandForeground1",
  "colorBrandForeground2",
  "colorBrandStroke1",
  "colorCompoundBrandStroke",
  "colorNeutralBackground1",
  "colorNeutralBackground1Hover",
  "colorNeutralBackground1Pressed",
  "colorNeutralBackground2",
  "colorNeutralBackground3",
  "colorNeutralForeground1",
  "colorNeutralForeground2",
  "colorNeutralForeground3",
  "colorNeutralForegroundDisabled",
  "colorNeutralForegroundOnBrand",
  "colorNeutralStroke1",
  "colorNeutralStroke2",
  "colorNeutralStrokeAccessible",
  "colorPaletteGreenBackground1",
  "colorPaletteGreenForeground1",
  "colorPaletteYellowBackground1",
  "colorPaletteRedBackground1",
  "colorPaletteRedForeground1",
  "colorStatusSuccessBackground1",
  "colorStatusSuccessForeground1",
  "colorStatusWarningBackground1",
  "colorStatusWarningForeground1",
  "colorStatusDangerBackground1",
  "colorStatusDangerForeground1",
  "colorStrokeFocus2",
  "colorTransparentStroke",
  "fontFamilyBase",
  "fontFamilyMonospace",
  "shadow4",
  "shadow16",
] as const satisfies readonly (keyof Tokens)[];

export function applyTheme(root: HTMLElement, theme: "light" | "dark"): void {
  const tokens = theme === "dark" ? createDarkTheme(brand) : createLightTheme(brand);
  for (const name of USED) root.style.setProperty(`--${name}`, String(tokens[name]));
  root.style.setProperty("color-scheme", theme);
  root.dataset.theme = theme;
}

/**
 * Keeps the theme as the person wants it; `office` is the background of Excel's own window, which says more
 * about it than the system does. Gives the function that stops.
 */
export function followTheme(
  root: HTMLElement,
  wanted: Theme,
  officeBackground: string | undefined,
): () => void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const choose = () => {
    if (wanted !== "system") return wanted;
    if (officeBackground) return isDark(officeBackground) ? "dark" : "light";
    return system.matches ? "dark" : "light";
  };
  const apply = () => applyTheme(root, choose());
  apply();
  system.addEventListener("change", apply);
  return () => system.removeEventListener("change", apply);
}

/** Whether a colour such as `#1f1f1f` is nearer to black, by its relative luminance. */
export function isDark(color: string): boolean {
  const match = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color.trim());
  if (!match) return false;
  const [red = 0, green = 0, blue = 0] = match.slice(1).map((part) => Number.parseInt(part, 16) / 255);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.4;
}
