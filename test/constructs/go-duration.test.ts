import { Duration } from 'cdk8s';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goDuration } from '../../constructs/go-duration.ts';
import { parseDurationMs } from '../../engine/config/duration.ts';

describe('goDuration', () => {
  it.each([
    [Duration.seconds(30), '30s'],
    [Duration.seconds(60), '1m'],
    [Duration.seconds(90), '90s'],
    [Duration.hours(1), '60m'],
    [Duration.millis(500), '500ms'],
    [Duration.millis(2000), '2s'],
  ])('writes %o as %s', (duration, text) => {
    expect(goDuration(duration)).toBe(text);
  });

  it('is read back as the same time, and matches what the definition of a Canary asks for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000_000 }), (ms) => {
        const text = goDuration(Duration.millis(ms));
        expect(parseDurationMs(text)).toBe(ms);
        expect(text).toMatch(/^[0-9]+(m|s)/);
      }),
    );
  });
});
