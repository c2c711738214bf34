/** Changed cells on a small grid of the sheet: what stood there, what would. Sheets one under another. */

import { cellAddress, columnLetters, parsePlace } from "../host/address";
import { cellText } from "./format";
import type { Change } from "./wire";

const MOST_ROWS = 12;
const MOST_COLUMNS = 8;

interface Placed {
  readonly row: number;
  readonly column: number;
  readonly change: Change;
}

export interface SheetDiff {
  readonly sheet: string;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly cells: ReadonlyMap<string, Change>;
  readonly leftOut: number;
}

/** The changed rows and columns of each sheet, at most 12 and 8 of them. */
export function sheetDiffs(changes: readonly Change[]): SheetDiff[] {
  const bySheet = new Map<string, Placed[]>();
  for (const change of changes) {
    const place = parsePlace(change.cell);
    if (!place) continue;
    const found = bySheet.get(place.sheet) ?? [];
    found.push({ row: place.top, column: place.left, change });
    bySheet.set(place.sheet, found);
  }
  return [...bySheet].map(([sheet, placed]) => {
    const rows = distinct(placed.map(({ row }) => row)).slice(0, MOST_ROWS);
    const columns = distinct(placed.map(({ column }) => column)).slice(0, MOST_COLUMNS);
    const shown = placed.filter(({ row, column }) => rows.includes(row) && columns.includes(column));
    return {
      sheet,
      rows,
      columns,
      cells: new Map(shown.map(({ row, column, change }) => [cellAddress(row, column), change])),
      leftOut: placed.length - shown.length,
    };
  });
}

const distinct = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((a, b) => a - b);

export function GridDiff({ changes }: { changes: readonly Change[] }) {
  return sheetDiffs(changes).map((diff) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable by keyboard
    <section key={diff.sheet} className="grid-diff scroll" tabIndex={0} aria-label={`Cells of ${diff.sheet}`}>
      <table>
        <caption>{diff.sheet}</caption>
        <thead>
          <tr>
            <td />
            {diff.columns.map((column) => (
              <th key={column} scope="col">
                {columnLetters(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {diff.rows.map((row) => (
            <tr key={row}>
              <th scope="row">{row + 1}</th>
              {diff.columns.map((column) => (
                <DiffCell key={column} change={diff.cells.get(cellAddress(row, column))} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {diff.leftOut > 0 && <p className="quiet">{diff.leftOut} more cells change here.</p>}
    </section>
  ));
}

function DiffCell({ change }: { change: Change | undefined }) {
  if (!change) return <td className="same" />;
  const before = cellText(change.before);
  const after = cellText(change.after);
  return (
    <td className={change.is_verified ? "changed" : "changed unsure"}>
      {before !== "" && before !== after && <del>{before}</del>}
      <ins>{after === "" ? "empty" : after}</ins>
      {change.formula_after !== null && change.formula_after !== change.formula_before && (
        <code>{change.formula_after}</code>
      )}
      {!change.is_verified && <span className="quiet">not verified</span>}
    </td>
  );
}
