/** Numbers and durations as Go prints them, for texts that people know from Flagger. */

/** From 1e6 on a float without a given precision has an exponent. */
const EXPONENT_MIN = 6;

/** Go's %v and %g; with a precision of its own an exponent begins there. */
export function formatGoFloat(value: number, exponentMin = EXPONENT_MIN): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const exponent = value === 0 ? 0 : Number(value.toExponential().split('e')[1]);
  if (exponent < -4 || exponent >= exponentMin) return goExponential(value.toExponential());
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Go writes at least two digits of an exponent. */
export function goExponential(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** `1.515s`, `500ms`, `1m30s`, `1h0m0s`: Go's time.Duration, from whole milliseconds. */
export function formatGoDuration(durationMs: number): string {
  const [sign, ms] = [durationMs < 0 ? '-' : '', Math.abs(Math.trunc(durationMs))];
  if (ms === 0) return '0s';
  if (ms < 1000) return `${sign}${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms - minutes * 60_000) / 1000}s`;
  if (minutes === 0) return sign + seconds;
  const hours = Math.floor(minutes / 60);
  return `${sign}${hours === 0 ? '' : `${hours}h`}${minutes - hours * 60}m${seconds}`;
}
