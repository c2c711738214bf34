/** IronCalc's theme variables in the add-in's colours, light and dark. */

import type { IronCalc } from "@ironcalc/workbook";
import { type ComponentProps, useEffect, useState } from "react";

type ThemeVariables = NonNullable<ComponentProps<typeof IronCalc>["themeVariables"]>;

const FONT = '"Segoe UI", "Helvetica Neue", Helvetica, Arial, sans-serif';

const SHARED: ThemeVariables = {
  "--typography-font-family": FONT,
  "--palette-primary-main": "#0f7260",
  "--palette-primary-light": "#429f8c",
  "--palette-primary-dark": "#0c594b",
  "--palette-sheet-outline-color": "#0f7260",
  "--palette-sheet-header-global-selector-color": "#0f7260",
  "--palette-sheet-default-cell-font-family": FONT,
  "--palette-sheet-header-font": `600 12px ${FONT}`,
};

const LIGHT: ThemeVariables = {
  ...SHARED,
  "--palette-common-black": "#242424",
  "--palette-common-white": "#ffffff",
  "--palette-sheet-header-text-color": "#424242",
  "--palette-sheet-header-selected-color": "#0c594b",
  "--palette-sheet-header-selected-background": "#dbf0eb",
  "--palette-sheet-default-text-color": "#1b1b1b",
};

const DARK: ThemeVariables = {
  ...SHARED,
  "--palette-common-black": "#f0f0f0",
  "--palette-common-white": "#1f1f1f",
  "--palette-primary-main": "#5dae9d",
  "--palette-primary-contrast-text": "#021310",
  "--palette-grey-50": "#252525",
  "--palette-grey-100": "#2b2b2b",
  "--palette-grey-200": "#333333",
  "--palette-grey-300": "#404040",
  "--palette-grey-400": "#666666",
  "--palette-grey-500": "#8a8a8a",
  "--palette-grey-600": "#a6a6a6",
  "--palette-grey-700": "#c2c2c2",
  "--palette-grey-800": "#d6d6d6",
  "--palette-grey-900": "#ebebeb",
  "--palette-sheet-header-corner-background": "#292929",
  "--palette-sheet-header-text-color": "#d0d0d0",
  "--palette-sheet-header-background": "#292929",
  "--palette-sheet-header-selected-background": "#10322b",
  "--palette-sheet-header-full-selected-background": "#10322b",
  "--palette-sheet-header-selected-color": "#98cfc3",
  "--palette-sheet-header-border-color": "#3d3d3d",
  "--palette-sheet-grid-color": "#3a3a3a",
  "--palette-sheet-grid-separator-color": "#5a5a5a",
  "--palette-sheet-default-text-color": "#f0f0f0",
  "--palette-sheet-outline-color": "#5dae9d",
  "--palette-sheet-outline-editing-color": "#5dae9d",
  "--palette-sheet-outline-background-color": "#10322b",
};

const isDarkNow = () => document.documentElement.dataset.theme === "dark";

/** Follows the theme that is set on the page's root, which the pane's settings may change. */
export function useGridTheme(): ThemeVariables {
  const [isDark, setDark] = useState(isDarkNow);
  useEffect(() => {
    const observer = new MutationObserver(() => setDark(isDarkNow()));
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    setDark(isDarkNow());
    return () => observer.disconnect();
  }, []);
  return isDark ? DARK : LIGHT;
}
