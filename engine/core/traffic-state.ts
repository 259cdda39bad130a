import type { CanarySpec, CookieValues, TrafficState } from '../../constructs/canary-spec.ts';
import { digestOf } from './digest.ts';
import { type RolloutRecord, rolloutOf } from './record.ts';
import { mirrorOf } from './steps.ts';

/** What the routes must say for a record. Pure, and the only source of what is rendered. */
export function trafficStateOf(spec: CanarySpec, record: RolloutRecord): TrafficState {
  const { weights } = record;
  const mirrored = record.mirrored === true && mirrorOf(spec.analysis.strategy) !== undefined;
  const affinity = spec.analysis.sessionAffinity;
  return {
    weights,
    mirrored,
    ...(affinity === undefined ? {} : { cookies: cookiesOf(record, affinity) }),
  };
}

/**
 * A rollout has a canary cookie of its own; the primary's stays the same, because whoever keeps to
 * the primary need not be told of rollouts.
 */
function cookiesOf(
  record: RolloutRecord,
  { primaryCookieName }: NonNullable<CanarySpec['analysis']['sessionAffinity']>,
): CookieValues {
  const { canary, weights, rollout, promoted, phase } = record;
  if (weights.canary > 0) {
    return {
      canary: digestOf([canary, rolloutOf(record).number, 'canary']),
      ...(primaryCookieName === undefined ? {} : { primary: digestOf([canary, 'primary']) }),
    };
  }
  const last = phase === 'Finalising' ? rollout?.number : promoted.rollout;
  return last === undefined ? {} : { expired: digestOf([canary, last, 'canary']) };
}
