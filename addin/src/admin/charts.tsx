/** Small charts of our own: lines over categories or steps, and bars. Each has its numbers as a table. */

import { useId } from "react";

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

interface LineChartProps {
  readonly title: string;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly format: (value: number | null) => string;
  /** The scale's ends where they are fixed (rates: 0 to 1). */
  readonly domain?: readonly [number, number];
}

const WIDTH = 420;
const HEIGHT = 160;
const LEFT = 52;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 22;

/** Round ends and steps for a scale: 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, wanted = 4): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((s) => s >= rough * 0.999) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

export function LineChart({ title, labels, series, format, domain }: LineChartProps) {
  const caption = useId();
  const known = series.flatMap(({ values }) => values.filter((v): v is number => v !== null));
  const low = domain?.[0] ?? Math.min(0, ...known);
  const top = Math.max(...known, low);
  const marks = ticks(low, domain?.[1] ?? (top > low ? top * 1.05 : low + 1));
  const high = domain?.[1] ?? Math.max(top, marks.at(-1) ?? top, low + 1e-9);
  const x = (i: number) =>
    LEFT + (WIDTH - LEFT - RIGHT) * (labels.length < 2 ? 0.5 : i / (labels.length - 1));
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low));
  const last = labels.length - 1;
  return (
    <figure className="chart" aria-labelledby={caption}>
      <figcaption id={caption}>
        <strong>{title}</strong>
        {series.length > 1 && (
          <span className="legend">
            {series.map(({ name }, i) => (
              <span key={name} className={`key key-${i}`}>
                {name}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      {known.length === 0 ? (
        <p className="quiet empty">Nothing to show yet.</p>
      ) : (
        <>
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false">
            {marks.map((mark) => (
              <g key={mark}>
                <line className="rule" x1={LEFT} x2={WIDTH - RIGHT} y1={y(mark)} y2={y(mark)} />
                <text className="tick" x={LEFT - 6} y={y(mark) + 3.5} textAnchor="end">
                  {format(mark)}
                </text>
              </g>
            ))}
            {labels.length > 0 && (
              <>
                <text className="tick" x={x(0)} y={HEIGHT - 6}>
                  {labels[0]}
                </text>
                {last > 0 && (
                  <text className="tick" x={x(last)} y={HEIGHT - 6} textAnchor="end">
                    {labels[last]}
                  </text>
                )}
              </>
            )}
            {series.map(({ name, values }, i) => (
              <g key={name} className={`line line-${i}`}>
                {runs(values).map((run) =>
                  run.length === 1 ? (
                    <circle key={run[0]} cx={x(run[0] ?? 0)} cy={y(values[run[0] ?? 0] ?? 0)} r="2.5" />
                  ) : (
                    <polyline
                      key={run[0]}
                      points={run.map((at) => `${x(at)},${y(values[at] ?? 0)}`).join(" ")}
                    />
                  ),
                )}
              </g>
            ))}
          </svg>
          <details>
            <summary>Numbers</summary>
            <div className="scroll">
              <table>
                <caption className="hidden">{title}</caption>
                <thead>
                  <tr>
                    <th scope="col">
                      <span className="hidden">At</span>
                    </th>
                    {series.map(({ name }) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {labels.map((label, at) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: labels may repeat, their order does not change
                    <tr key={at}>
                      <th scope="row">{label}</th>
                      {series.map(({ name, values }) => (
                        <td key={name}>{format(values[at] ?? null)}</td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </details>
        </>
      )}
    </figure>
  );
}

/** Indices of neighbouring values, so that a gap breaks the line. */
function runs(values: readonly (number | null)[]): number[][] {
  const found: number[][] = [];
  values.forEach((value, at) => {
    if (value === null) return;
    const current = found.at(-1);
    if (current && current.at(-1) === at - 1) current.push(at);
    else found.push([at]);
  });
  return found;
}

export interface Bar {
  readonly name: string;
  readonly value: number | null;
}

/** Horizontal bars; the longest fills the width, or 1 does where they are rates. */
export function Bars({
  title,
  bars,
  format,
  isRate = false,
}: {
  title: string;
  bars: readonly Bar[];
  format: (value: number | null) => string;
  isRate?: boolean;
}) {
  const caption = useId();
  const most = isRate ? 1 : Math.max(1e-9, ...bars.map(({ value }) => value ?? 0));
  return (
    <figure className="chart bars" aria-labelledby={caption}>
      <figcaption id={caption}>
        <strong>{title}</strong>
      </figcaption>
      {bars.length === 0 ? (
        <p className="quiet empty">Nothing to show yet.</p>
      ) : (
        <table>
          <caption className="hidden">{title}</caption>
          <tbody>
            {bars.map(({ name, value }) => (
              <tr key={name}>
                <th scope="row">{name || "none"}</th>
                <td className="bar">
                  <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    <rect width={(100 * (value ?? 0)) / most} height="10" rx="0.8" />
                  </svg>
                </td>
                <td className="number">{format(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </figure>
  );
}
