import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { formatInstant, parseInstant } from '../core/instant.ts';
import type { RejectedRevision, RolloutRecord } from '../core/record.ts';
import { rolloutOf } from '../core/record.ts';

/** `rejected.yaml`: the revisions of one canary that failed and are not tried again. */
export function formatRejected(entries: readonly RejectedRevision[]): string {
  return stringify({
    version: 1,
    rejected: entries.map((entry) => ({
      revision: entry.revision,
      source: entry.source,
      reason: entry.reason,
      rejectedAt: formatInstant(entry.rejectedAtMs),
      ...(entry.expiresAtMs === undefined ? {} : { expiresAt: formatInstant(entry.expiresAtMs) }),
      attempts: entry.attempts,
      ...(entry.evidence === undefined ? {} : { evidence: entry.evidence }),
      ...(entry.images === undefined ? {} : { images: entry.images }),
    })),
  });
}

const Instant = z.string().transform((text, context) => {
  const instantMs = parseInstant(text);
  if (instantMs !== undefined) return instantMs;
  context.addIssue({
    code: 'custom',
    message: `${text} is not a time such as 2026-01-31T12:00:00Z`,
  });
  return z.NEVER;
});

const RejectedFile = z.strictObject({
  version: z.literal(1),
  rejected: z.array(
    z.strictObject({
      revision: z.string().min(1),
      source: z.string().min(1),
      reason: z.string(),
      rejectedAt: z.string(),
      expiresAt: z.exactOptional(Instant),
      attempts: z.number().int().min(1),
      evidence: z.exactOptional(z.string()),
      images: z.exactOptional(z.array(z.string())),
    }),
  ),
});

export type ParsedRejected =
  | { readonly kind: 'rejected'; readonly entries: readonly RejectedRevision[] }
  | { readonly kind: 'damaged'; readonly why: string };

export function parseRejected(text: string | undefined): ParsedRejected {
  if (text === undefined) return { kind: 'rejected', entries: [] };
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return { kind: 'damaged', why: String(error) };
  }
  const result = RejectedFile.safeParse(document);
  if (!result.success) return { kind: 'damaged', why: z.prettifyError(result.error) };
  const entries = result.data.rejected.map(({ rejectedAt, expiresAt, ...entry }) => ({
    ...entry,
    rejectedAtMs: parseInstant(rejectedAt) ?? 0,
    ...(expiresAt === undefined ? {} : { expiresAtMs: expiresAt }),
  }));
  return { kind: 'rejected', entries };
}

/** The newest entries are kept; older revisions have long left the source. */
const LEDGER_LIMIT = 50;

/** Enters the revision of a rollout that has just failed; one entry a revision. */
export function withRejection(
  entries: readonly RejectedRevision[],
  record: RolloutRecord,
  failure: Omit<RejectedRevision, 'revision' | 'source' | 'attempts'>,
): readonly RejectedRevision[] {
  const { revision, source, attempt } = rolloutOf(record);
  const others = entries.filter((entry) => entry.revision !== revision);
  const entry = { revision, source, attempts: attempt, ...failure };
  return [...others, entry].slice(-LEDGER_LIMIT);
}
