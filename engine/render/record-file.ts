import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { COMMIT_ID } from '../core/commit-id.ts';
import { formatInstant, parseInstant } from '../core/instant.ts';
import { AWAITABLE, PHASES } from '../core/phase.ts';
import type { Rollout, RolloutRecord, Step } from '../core/record.ts';

/**
 * `record.yaml`: the record with instants as ISO 8601 and keys in a fixed order. Reading what was
 * written gives the same record, and writing that the same bytes. Absent fields are left out.
 */
export function formatRecord(record: RolloutRecord): string {
  const { rollout, step, previousStep, returned } = record;
  return stringify({
    version: record.version,
    canary: record.canary,
    phase: record.phase,
    awaiting: record.awaiting,
    weights: { primary: record.weights.primary, canary: record.weights.canary },
    mirrored: record.mirrored,
    lastTransition: formatInstant(record.lastTransitionMs),
    decidedAt: formatInstant(record.decidedAtMs),
    configDigest: record.configDigest,
    promoted: {
      revision: record.promoted.revision,
      source: record.promoted.source,
      rollout: record.promoted.rollout,
    },
    returned: returned && { revision: returned.revision, source: returned.source },
    step: step && stepFile(step),
    previousStep: previousStep && stepFile(previousStep),
    rollout: rollout && rolloutFile(rollout),
  });
}

function rolloutFile(rollout: Rollout) {
  return {
    number: rollout.number,
    attempt: rollout.attempt,
    revision: rollout.revision,
    source: rollout.source,
    startedAt: formatInstant(rollout.startedAtMs),
    base: rollout.base,
    baseConfigDigest: rollout.baseConfigDigest,
    strategyDigest: rollout.strategyDigest,
    failedChecks: rollout.failedChecks,
    iterations: rollout.iterations === 0 ? undefined : rollout.iterations,
    evaluations: rollout.evaluations,
    outcome: rollout.outcome,
    hooksOwed: rollout.hooksOwed,
  };
}

function stepFile({ from, committedMs, containedMs, appliedMs, effectiveMs }: Step) {
  const moment = (atMs: number | undefined) => (atMs === undefined ? atMs : formatInstant(atMs));
  return {
    from: { primary: from.primary, canary: from.canary },
    committedAt: formatInstant(committedMs),
    containedAt: moment(containedMs),
    appliedAt: moment(appliedMs),
    effectiveAt: moment(effectiveMs),
  };
}

const Instant = z.string().transform((text, context) => {
  const instantMs = parseInstant(text);
  if (instantMs === undefined) {
    context.addIssue({ code: 'custom', message: `${text} is not an instant` });
    return z.NEVER;
  }
  return instantMs;
});

const Count = z.number().int().min(0);
const Weight = Count.max(100);

const WeightsFile = z
  .strictObject({ primary: Weight, canary: Weight })
  .refine((weights) => weights.primary + weights.canary === 100, 'weights must sum to 100');

const StepFile = z
  .strictObject({
    from: WeightsFile,
    committedAt: Instant,
    containedAt: Instant.optional(),
    appliedAt: Instant.optional(),
    effectiveAt: Instant.optional(),
  })
  .transform(({ from, committedAt, containedAt, appliedAt, effectiveAt }) => ({
    from,
    committedMs: committedAt,
    ...(containedAt === undefined ? {} : { containedMs: containedAt }),
    ...(appliedAt === undefined ? {} : { appliedMs: appliedAt }),
    ...(effectiveAt === undefined ? {} : { effectiveMs: effectiveAt }),
  }));

const Release = { revision: z.string().min(1), source: z.string().min(1) };

const RolloutFile = z
  .strictObject({
    ...Release,
    number: Count.min(1),
    attempt: Count.min(1),
    startedAt: Instant,
    base: z.string().regex(COMMIT_ID),
    baseConfigDigest: z.string().min(1),
    strategyDigest: z.exactOptional(z.string().min(1)),
    failedChecks: Count,
    iterations: Count.default(0),
    evaluations: Count,
    outcome: z.exactOptional(z.enum(['promoted', 'failed', 'withdrawn'])),
    hooksOwed: z.exactOptional(z.literal(true)),
  })
  .transform(({ startedAt, ...rollout }) => ({ ...rollout, startedAtMs: startedAt }));

const RecordFile = z
  .strictObject({
    version: z.literal(1),
    canary: z.templateLiteral([z.string(), '/', z.string()]),
    phase: z.enum(PHASES),
    awaiting: z.enum(AWAITABLE),
    weights: WeightsFile,
    mirrored: z.exactOptional(z.literal(true)),
    lastTransition: Instant,
    decidedAt: Instant,
    configDigest: z.string().min(1),
    promoted: z.strictObject({ ...Release, rollout: z.exactOptional(Count.min(1)) }),
    returned: z.exactOptional(z.strictObject(Release)),
    step: StepFile.optional(),
    previousStep: StepFile.optional(),
    rollout: RolloutFile.optional(),
  })
  .transform(({ lastTransition, decidedAt, step, previousStep, rollout, ...record }) => ({
    ...record,
    lastTransitionMs: lastTransition,
    decidedAtMs: decidedAt,
    ...(step === undefined ? {} : { step }),
    ...(previousStep === undefined ? {} : { previousStep }),
    ...(rollout === undefined ? {} : { rollout }),
  }));

export type ParsedRecord =
  | { readonly kind: 'record'; readonly record: RolloutRecord }
  | { readonly kind: 'damaged'; readonly why: string };

/** A file that somebody damaged is an answer, so that it stops its own canary only. */
export function parseRecord(text: string, canary: CanaryKey): ParsedRecord {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return { kind: 'damaged', why: String(error) };
  }
  const result = RecordFile.safeParse(document);
  if (!result.success) return { kind: 'damaged', why: z.prettifyError(result.error) };
  if (result.data.canary !== canary) {
    return { kind: 'damaged', why: `the file says it belongs to ${result.data.canary}` };
  }
  return { kind: 'record', record: result.data };
}
