const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Reads a duration as Go writes it: `30s`, `1m30s`, `500ms`. Nothing for any other text. */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text)) return undefined;
  let durationMs = 0;
  for (const [, number = '', , unit = ''] of text.matchAll(/(\d+(\.\d+)?)(ms|h|m|s)/g)) {
    durationMs += Number(number) * (UNIT_MS[unit] ?? 0);
  }
  return Math.round(durationMs);
}
