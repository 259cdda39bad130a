import { z } from 'zod';
import type { ErrorCode } from '../../core/error-codes.ts';
import { parseDurationMs } from '../duration.ts';

/** What the parts of a Canary have in common. */

/** A rule that a written Canary breaks, at a field of it. */
export interface Breach {
  readonly code: ErrorCode;
  readonly field: readonly PropertyKey[];
  readonly message: string;
  readonly remedy: string;
}

const UNSUPPORTED = 'unsupported';

/** A field of Flagger's that Serin does not act on; values that change nothing are accepted. */
export function unsupported(harmless: (value: unknown) => boolean = () => false) {
  return z
    .unknown()
    .optional()
    .refine((value) => value === undefined || harmless(value), { params: { code: UNSUPPORTED } });
}

export function isUnsupported(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'custom' && issue.params?.['code'] === UNSUPPORTED;
}

export const isEmpty = (value: unknown) =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0);

export const DurationText = z.string().transform((text, context) => {
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined && durationMs > 0) return durationMs;
  context.addIssue({
    code: 'custom',
    message: `${text} is not a duration such as 30s, 1m or 1m30s`,
  });
  return z.NEVER;
});

export const Percent = z.number().int().min(0).max(100);
export const Port = z.number().int().min(1).max(65_535);

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names */
export const DnsLabel = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be a DNS label: lower case letters, digits, -');

/** Names that `-primary` and `-canary` are added to, within the 63 characters of a DNS label. */
export const TRACK_NAME_MAX = 63 - '-primary'.length;
export const TrackName = DnsLabel.max(
  TRACK_NAME_MAX,
  `at most ${TRACK_NAME_MAX} characters, so that -primary still fits`,
);

/**
 * Fields that rules speak of are read each on its own: a mistake elsewhere in the file must not
 * hide that a rule is broken here.
 */
export const RuleText = z.string().optional().catch(undefined);
export const RuleNumber = z.number().optional().catch(undefined);

/** An object without those of its fields that are undefined. */
export function defined<T extends object>(
  fields: T,
): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}

/** A list or map that holds something. */
export function filled<T extends object>(value: T | undefined): T | undefined {
  return value === undefined || Object.keys(value).length === 0 ? undefined : value;
}
