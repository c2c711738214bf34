/** Numbers, rates, moments and values as text. */

import type { CellValue } from "./wire";

const numbers = new Intl.NumberFormat("en");
const moments = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

export const count = (value: number): string => numbers.format(value);
export const rate = (value: number | null): string =>
  value === null ? "–" : `${(100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;
export const decimal = (value: number | null, digits = 2): string =>
  value === null ? "–" : value.toFixed(digits);
export const milliseconds = (value: number | null): string =>
  value === null ? "–" : value < 10_000 ? `${Math.round(value)} ms` : `${Math.round(value / 1000)} s`;
export const moment = (iso: string | null): string => (iso === null ? "–" : moments.format(new Date(iso)));
export const day = (iso: string): string => days.format(new Date(iso));

/** Somebody's name; a pane without one has a random id, of which the beginning tells it from others. */
export const person = (user: string): string => (/^[0-9a-f]{32}$/.test(user) ? user.slice(0, 8) : user);

/** `wrong_cells` and `makes_errors` as people read them. */
export const words = (name: string): string => name.replaceAll("_", " ");

export function cellText(value: CellValue): string {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "number") return String(Number(value.toPrecision(10)));
  return typeof value === "string" ? value : value.error;
}
