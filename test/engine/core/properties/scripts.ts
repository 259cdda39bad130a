import fc from 'fast-check';
import {
  type AnalysisMatch,
  type CanarySpec,
  GATES,
  type StrategySpec,
  WEBHOOK_TYPES,
  type WebhookType,
} from '../../../../constructs/canary-spec.ts';
import type { ControlObservation } from '../../../../engine/core/control.ts';
import type { Removal } from '../../../../engine/core/observation.ts';
import { aSpec, aWebhook } from '../../../support/builders.ts';
import type { Answer, Health, Reach, Story } from './story.ts';

/** Random canaries, and random things that happen to them. */

const MATCH: readonly AnalysisMatch[] = [
  { headers: { 'x-user': { exact: 'insider' } }, queryParams: {}, sourceLabels: {} },
];
const MIRROR = { percent: 100 } as const;

const mirrors = fc.boolean().map((isMirrored) => (isMirrored ? { mirror: MIRROR } : {}));
const iterations = fc.integer({ min: 1, max: 4 });

const strategies: fc.Arbitrary<StrategySpec> = fc.oneof(
  fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
      mirrors,
    )
    .map(([weights, mirror]): StrategySpec => {
      const stepWeights = weights.toSorted((a, b) => a - b);
      return { kind: 'canary', stepWeights, ...mirror };
    }),
  iterations.map((count): StrategySpec => ({
    kind: 'ab-testing',
    iterations: count,
    match: MATCH,
  })),
  fc.tuple(iterations, mirrors).map(([count, mirror]): StrategySpec => ({
    kind: 'blue-green',
    iterations: count,
    ...mirror,
  })),
);

const HOOKS = WEBHOOK_TYPES.filter((type) => type !== 'event');
const metrics = aSpec().analysis.metrics;

const analyses = fc.record({
  intervalMs: fc.constantFrom(10_000, 60_000),
  threshold: fc.integer({ min: 1, max: 4 }),
  strategy: strategies,
  stepWeightPromotion: fc.constantFrom(0, 0, 15, 50, 100),
  metrics: fc.constantFrom(metrics, metrics.slice(0, 1), []),
  webhooks: fc
    .subarray(HOOKS)
    .map((types) => types.map((type) => aWebhook({ name: `ask-${type}`, type }))),
});

export const specs: fc.Arbitrary<CanarySpec> = fc
  .record({
    analysis: analyses,
    gates: fc.oneof(fc.constant([]), fc.subarray([...GATES])),
    skipAnalysis: fc.integer({ min: 0, max: 9 }).map((number) => number === 9),
    routed: fc.boolean(),
  })
  .map(({ analysis, gates, skipAnalysis, routed }) => {
    // Without routes there is only blue/green without copies.
    const { strategy } = analysis;
    const isBlueGreen = strategy.kind === 'blue-green' && strategy.mirror === undefined;
    const provider = isBlueGreen && !routed ? 'kubernetes' : 'istio';
    return aSpec(analysis, { gates, skipAnalysis, provider });
  });

/** Something happens; the canary is evaluated afterwards. */
export type Happening =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'release'; readonly revision: string }
  | { readonly kind: 'options' }
  | { readonly kind: 'presence'; readonly removed: Removal['target'] | undefined }
  | { readonly kind: 'strategy'; readonly strategy: StrategySpec }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'track'; readonly track: 'primary' | 'canary'; readonly health: Health }
  | { readonly kind: 'tree'; readonly tree: 'workloads' | 'traffic'; readonly reach: Reach }
  | { readonly kind: 'metrics'; readonly answer: Answer }
  | { readonly kind: 'hooks'; readonly refusing: readonly WebhookType[] }
  | { readonly kind: 'person'; readonly action: (typeof ACTIONS)[number] }
  | { readonly kind: 'by-hand'; readonly control: ControlObservation };

const ACTIONS = ['pause', 'resume', 'abort', 'retry', 'promote', ...GATES] as const;
const REVISIONS = ['one', 'two', 'three', 'four'] as const;

const revisions = fc.constantFrom(...REVISIONS);
const attempts = fc.record({ revision: revisions, attempt: fc.integer({ min: 1, max: 3 }) });

const controls: fc.Arbitrary<ControlObservation> = fc.oneof(
  fc.constant<ControlObservation>({ state: 'damaged', path: 'control.yaml', why: 'no YAML' }),
  fc.record(
    {
      state: fc.constant('read' as const),
      paused: fc.boolean(),
      approvals: fc.array(
        fc.record(
          {
            gate: fc.constantFrom(...GATES),
            revision: revisions,
            weight: fc.integer({ min: 1, max: 100 }),
          },
          { requiredKeys: ['gate', 'revision'] },
        ),
        { maxLength: 3 },
      ),
      abort: attempts,
      retry: attempts,
      promote: attempts,
    },
    { requiredKeys: ['state', 'paused', 'approvals'] },
  ),
);

/** Time passes most of all: without it every story would end before its first step. */
export const happenings: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.constantFrom(5_000, 60_000, 60_000).map((ms) => ({ kind: 'time' as const, ms })),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('release'), revision: revisions }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'options' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('presence'),
      removed: fc.constantFrom('stays', 'stays', 'idle', 'removed', undefined, undefined),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('strategy'), strategy: strategies }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'suspend' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('track'),
      track: fc.constantFrom('primary', 'canary'),
      health: fc.constantFrom(
        'ready',
        'ready',
        'starting',
        'no-pods',
        'failed',
        'missing',
        'unknown',
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('tree'),
      tree: fc.constantFrom('workloads', 'traffic'),
      reach: fc.constantFrom('live', 'live', 'behind', 'unknown'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('metrics'),
      answer: fc.constantFrom('pass', 'pass', 'fail', 'inconclusive', 'error', 'pending'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('hooks'),
      refusing: fc.oneof(fc.constant([]), fc.subarray([...HOOKS])),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('person'), action: fc.constantFrom(...ACTIONS) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('by-hand'), control: controls }) },
);

export const scripts = fc.record({
  spec: specs,
  happenings: fc.array(happenings, { minLength: 10, maxLength: 45, size: 'max' }),
});

/** The world after it has happened. */
export function happen(story: Story, happening: Happening): void {
  const { world } = story;
  switch (happening.kind) {
    case 'time':
      world.nowMs += happening.ms;
      break;
    case 'release':
      world.revision = happening.revision;
      break;
    case 'options':
      world.options += 1;
      break;
    case 'strategy': {
      const analysis = { ...world.spec.analysis, strategy: happening.strategy };
      world.spec = { ...world.spec, provider: 'istio', analysis };
      world.options += 1;
      break;
    }
    case 'presence':
      world.removed = happening.removed;
      break;
    case 'suspend':
      world.spec = { ...world.spec, suspend: !world.spec.suspend };
      break;
    case 'track':
      world[happening.track] = happening.health;
      break;
    case 'tree':
      world[happening.tree] = happening.reach;
      break;
    case 'metrics':
      world.metrics = happening.answer;
      break;
    case 'hooks':
      world.refusing = new Set(happening.refusing);
      break;
    case 'person': {
      const { action } = happening;
      const gate = GATES.find((each) => each === action);
      if (gate !== undefined) story.act({ kind: 'approve', gate });
      else if (action !== 'rollout' && action !== 'traffic-increase' && action !== 'promotion') {
        story.act({ kind: action });
      }
      break;
    }
    case 'by-hand':
      story.write(happening.control);
      break;
  }
}
