/** What the host at hand can do: requirement sets asked once, named by what they are for. */

import type { Surroundings } from "./surface";

export interface Abilities {
  /** Several areas selected at once, looks of many cells in one call. */
  readonly looks: boolean;
  readonly multiSelection: boolean;
  /** Dynamic arrays: where a formula spills to. */
  readonly spills: boolean;
  /** Merged areas can be listed. */
  readonly merges: boolean;
  /** Several syncs become one step of Excel's own undo. */
  readonly undoGroups: boolean;
  readonly arrayFormulas: boolean;
  readonly autoFill: boolean;
  readonly copy: boolean;
  readonly pivots: boolean;
  /** Series of a chart can be set one by one. */
  readonly chartSeries: boolean;
  readonly validation: boolean;
  readonly conditionalFormats: boolean;
  readonly filter: boolean;
  readonly freeze: boolean;
  /** The separators of the person's region can be asked. */
  readonly culture: boolean;
  readonly shortcuts: boolean;
  readonly ghosts: boolean;
  /** `ExcelApi1.16` and the like, the highest first, as the server is told. */
  readonly sets: readonly string[];
}

const HIGHEST_MINOR = 21;

export function detectAbilities({ office, extras }: Surroundings): Abilities {
  const has = (version: string, set = "ExcelApi") => office.context.requirements.isSetSupported(set, version);
  const sets: string[] = [];
  for (let minor = HIGHEST_MINOR; minor > 0 && sets.length === 0; minor--) {
    if (has(`1.${minor}`)) sets.push(`ExcelApi1.${minor}`);
  }
  for (const [set, version] of [
    ["ExcelApiDesktop", "1.1"],
    ["SharedRuntime", "1.1"],
    ["KeyboardShortcuts", "1.1"],
  ] as const) {
    if (has(version, set)) sets.push(`${set}${version}`);
  }
  return {
    looks: has("1.9"),
    multiSelection: has("1.9"),
    spills: has("1.12"),
    merges: has("1.13"),
    undoGroups: has("1.20"),
    arrayFormulas: has("1.1", "ExcelApiDesktop") || extras !== undefined,
    autoFill: has("1.9"),
    copy: has("1.9"),
    pivots: has("1.8"),
    chartSeries: has("1.7"),
    validation: has("1.8"),
    conditionalFormats: has("1.6"),
    filter: has("1.9"),
    freeze: has("1.7"),
    culture: extras === undefined && has("1.11"),
    shortcuts: has("1.1", "KeyboardShortcuts"),
    ghosts: extras !== undefined,
    sets,
  };
}
