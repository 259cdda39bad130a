import type { Fields } from '../fields.ts';
import type { Trace } from '../trace.ts';
import type { Dice } from '../../simulation/random.ts';
import { record } from './record.ts';
import { inputOf, INSIDERS, release } from './scenarios.ts';

/** What cases may be made of; everything is written as people write it. */
export interface Parts {
  readonly strategies: readonly [Strategy, ...Strategy[]];
  readonly hooks: readonly HookType[];
  readonly mirror: boolean;
}

type Strategy = 'canary' | 'blue-green' | 'ab-testing' | 'skip';

type HookType =
  | 'rollout'
  | 'pre-rollout'
  | 'post-rollout'
  | 'rollback'
  | 'confirm-rollout'
  | 'confirm-traffic-increase'
  | 'confirm-promotion';

export const EVERYTHING: Parts = {
  strategies: ['canary', 'canary', 'blue-green', 'ab-testing', 'skip'],
  hooks: [
    'rollout',
    'pre-rollout',
    'post-rollout',
    'rollback',
    'confirm-rollout',
    'confirm-traffic-increase',
    'confirm-promotion',
  ],
  mirror: true,
};

/** A canary, a script and what the model of Flagger makes of them, from one seed. */
export function aCase(name: string, dice: Dice, parts: Parts): Trace {
  const strategy = dice.pick(parts.strategies);
  const hooks = parts.hooks.filter(() => dice.chance(0.3));
  const isSteady = isCountedOtherwise(strategy, hooks);
  const analysis = {
    interval: '10s',
    threshold: dice.int(1, 4),
    ...analysisOf(strategy, dice, parts),
    metrics: [
      { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '1m' },
      { name: 'request-duration', thresholdRange: { max: 500 }, interval: '1m' },
    ],
    webhooks: hooks.map((type) => ({ name: type, type, url: `http://hooks.example.com/${type}` })),
  };
  const script = {
    metrics: {
      'request-success-rate': [
        ...(isSteady ? [] : answers(dice, [90, 'nodata', 'NaN', { status: 500 }])),
        100,
      ],
      'request-duration': [...(isSteady ? [] : answers(dice, [501, 900, 'nodata'])), 50],
    },
    webhooks: Object.fromEntries(
      hooks.map((type) => [type, isSteady && type === 'rollout' ? [200] : answersOf(type, dice)]),
    ),
    actions: actionsOf(dice, isSteady),
    until: { phase: ['Succeeded', 'Failed'], after: 25 },
  };
  const canary = {
    progressDeadlineSeconds: 30,
    ...(strategy === 'skip' ? { skipAnalysis: true } : {}),
  };
  return record(name, inputOf(analysis, canary, { progressDeadlineSeconds: 60 }), script, 30);
}

/**
 * Scripts answer by the number of the question, and these questions come more often with Flagger:
 * what is asked while the promotion is waited for, and the rollback hooks once a run has failed. The
 * differences are listed; a script that is steady does not show them.
 */
function isCountedOtherwise(strategy: Strategy, hooks: readonly HookType[]): boolean {
  const isIterative = strategy === 'blue-green' || strategy === 'ab-testing';
  return hooks.includes('rollback') || (isIterative && hooks.includes('confirm-promotion'));
}

function analysisOf(strategy: Strategy, dice: Dice, parts: Parts): Fields {
  const mirror = dice.chance(0.2) && parts.mirror ? { mirror: true } : {};
  switch (strategy) {
    case 'canary':
    case 'skip': {
      const promotion = dice.chance(0.3)
        ? { stepWeightPromotion: dice.pick([10, 30, 50, 80]) }
        : {};
      const ladder = dice.chance(0.4)
        ? { stepWeights: dice.pick([[1, 2, 10, 80], [50], [10, 60, 100], [5, 20], [100]]) }
        : { stepWeight: dice.pick([10, 25, 30, 50, 100]), maxWeight: dice.pick([30, 50, 75, 100]) };
      return { ...ladder, ...promotion, ...mirror };
    }
    // With one iteration, waiting for the promotion makes Flagger start over (R37).
    case 'blue-green':
      return { iterations: dice.int(2, 4), ...mirror };
    case 'ab-testing':
      return {
        iterations: dice.int(1, 4),
        match: INSIDERS,
      };
  }
}

/** Good answers with some of the bad ones between. */
function answers(dice: Dice, bad: readonly unknown[]): readonly unknown[] {
  const rate = dice.pick([0, 0, 0.1, 0.3]);
  const good = bad.includes(90) ? 100 : 50;
  return Array.from({ length: 12 }, () =>
    dice.chance(rate) ? bad[dice.int(0, bad.length - 1)] : good,
  );
}

/** Gates are open in the end, rollbacks are rarely asked for. */
function answersOf(type: HookType, dice: Dice): readonly number[] {
  const closed = () => dice.pick([403, 500, 404]);
  switch (type) {
    case 'rollback':
      return [...Array.from({ length: dice.int(1, 12) }, closed), dice.pick([200, 403])];
    case 'post-rollout':
      return [200];
    case 'rollout':
    case 'pre-rollout':
    case 'confirm-rollout':
    case 'confirm-traffic-increase':
    case 'confirm-promotion': {
      const rate = dice.pick([0, 0.2, 0.4]);
      return [
        ...Array.from({ length: 10 }, () => (dice.chance(rate) ? closed() : dice.pick([200, 202]))),
        200,
      ];
    }
  }
}

const SLOW = { 'lab.ready-delay': '25s' };
const UNREADY_CANARY = { 'lab.unready': 'canary' };
const UNREADY_PRIMARY = { 'lab.unready': 'primary' };

function actionsOf(dice: Dice, isSteady: boolean): readonly unknown[] {
  // Most pods come at once; some are slow, and some never come.
  const pods = dice.pick<Fields>([{}, {}, {}, {}, SLOW, UNREADY_CANARY, UNREADY_PRIMARY]);
  const first = release('2.0.0', { phase: 'Initialized' }, pods);
  const ended = { phase: ['Succeeded', 'Failed'], after: 35 };
  const later = dice.pick<readonly unknown[]>([
    [],
    [],
    [release('3.0.0', { phase: 'Progressing', after: dice.int(12, 60) })],
    [release('3.0.0', ended)],
    [release('1.0.0', { phase: 'Progressing', after: dice.int(12, 60) })],
    [release('3.0.0', ended), release('2.0.0', ended)],
    [release('1.0.0', ended), release('2.0.0', { after: 35 })],
  ]);
  const isLast = isSteady || pods === UNREADY_PRIMARY;
  return isLast ? [first] : [first, ...later];
}
