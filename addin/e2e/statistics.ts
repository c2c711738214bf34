// Quantiles with 95 % bootstrap intervals, seeded, in the shape of the files under tuning/results.

export interface Metric {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2_000;

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** Random numbers in [0, 1), the same at every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const rounded = (value: number) => Math.round(value * 100) / 100;

export function quantileMetric(values: readonly number[], share: number): Metric {
  const random = seeded(0);
  const resampled = Array.from({ length: RESAMPLES }, () =>
    quantile(
      values.map(() => values[Math.floor(random() * values.length)] ?? 0),
      share,
    ),
  );
  return {
    value: rounded(quantile(values, share)),
    low: rounded(quantile(resampled, 0.025)),
    high: rounded(quantile(resampled, 0.975)),
  };
}
