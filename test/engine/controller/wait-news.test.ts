import { describe, expect, it } from 'vitest';
import type { CanarySpec, Webhook } from '../../../constructs/canary-spec.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import type { ReconcileResult } from '../../../engine/controller/result.ts';
import { waitNews } from '../../../engine/controller/wait-news.ts';
import type { CheckResult } from '../../../engine/core/observation.ts';
import { aRunningRecord, aSpec, T0_MS } from '../../support/builders.ts';

const KEY = 'default/reviews';
const gate: Webhook = {
  name: 'gate',
  type: 'confirm-traffic-increase',
  url: 'http://gate.test/',
  timeoutMs: 1_000,
  retries: 0,
  metadata: {},
  disableTls: false,
  muteAlert: false,
};

const closed: CheckResult = {
  kind: 'confirm-traffic-increase',
  name: 'gate',
  verdict: 'fail',
  detail: 'is closed: HTTP 403',
};

/** What is told of one canary, pass by pass, by an engine that remembers. */
function tell(
  results: readonly ReconcileResult[],
  spec: CanarySpec = aSpec({ webhooks: [gate] }),
  record = aRunningRecord(),
) {
  const memory = new EngineMemory();
  return results.map((result) => {
    const outcome = { canary: KEY, record, result } as const;
    const proposals = [{ outcome, drafts: [], urgent: false, taken: [] }];
    return waitNews(memory, proposals, new Map([[KEY, spec]]), T0_MS).get(KEY);
  });
}

const waiting = (differing: Partial<Extract<ReconcileResult, { kind: 'waiting' }>>) =>
  ({ kind: 'waiting', why: 'x', ...differing }) as const;
const COMMITTED: ReconcileResult = { kind: 'committed', subjects: [] };

describe('a closed gate for more traffic', () => {
  it('is told in Flagger’s words, and is a warning', () => {
    const [news] = tell([waiting({ closed })]);
    expect(news).toMatchObject({
      events: [
        {
          type: 'Warning',
          message: 'Halt reviews.default advancement waiting for traffic increase approval gate',
          phase: 'Progressing',
          atMs: T0_MS,
        },
      ],
      announcement: {
        severity: 'warn',
        message: 'Canary traffic increase is waiting for approval.',
      },
    });
  });

  it('before the first step is told after the beginning of the analysis', () => {
    const record = aRunningRecord({ awaiting: 'canary-ready' });
    const [news] = tell([waiting({ closed })], aSpec({ webhooks: [gate] }), record);
    expect(news?.events.map(({ type, message }) => `${type} ${message}`)).toEqual([
      'Normal Starting canary analysis for reviews.default',
      'Warning Halt reviews.default advancement waiting for traffic increase approval gate',
    ]);
  });

  it('is told once for each time that it is closed', () => {
    const news = tell([
      waiting({ closed }),
      waiting({ closed, untilMs: T0_MS + 60_000 }),
      COMMITTED,
      waiting({ closed }),
    ]);
    expect(news.map((each) => each !== undefined)).toEqual([true, false, false, true]);
  });

  it('that is muted is an event and no alert', () => {
    const spec = aSpec({ webhooks: [{ ...gate, muteAlert: true }] });
    const [news] = tell([waiting({ closed })], spec);
    expect(news?.events[0]?.message).toContain('Halt');
    expect(news?.announcement).toBeUndefined();
  });
});

it('a gate that has a commit of its own is not told once more', () => {
  const promotion = { ...closed, kind: 'confirm-promotion' } as const;
  const rollout = { ...closed, kind: 'confirm-rollout' } as const;
  const news = tell([waiting({ closed: promotion }), waiting({ closed: rollout })]);
  expect(news).toEqual([undefined, undefined]);
});

describe('a workload that is not ready', () => {
  it('is told each time that what is missing changes', () => {
    const messages = tell([
      waiting({ unready: true, why: 'canary reviews.default not ready: 0 of 2' }),
      waiting({ unready: true, why: 'canary reviews.default not ready: 0 of 2' }),
      waiting({ unready: true, why: 'canary reviews.default not ready: 1 of 2' }),
    ]).map((news) => news?.events[0]?.message);
    expect(messages).toEqual([
      'canary deployment reviews.default not ready: 0 of 2',
      undefined,
      'canary deployment reviews.default not ready: 1 of 2',
    ]);
  });

  it('alerts nobody', () => {
    const why = 'reviews-primary.default not ready: 0 of 2';
    const [news] = tell([waiting({ unready: true, why })]);
    expect(news?.events.map(({ message }) => message)).toEqual([why]);
    expect(news?.announcement).toBeUndefined();
  });
});

it('a step that simply takes its time is not worth a word', () => {
  expect(tell([waiting({ untilMs: T0_MS }), { kind: 'done', why: 'x' }])).toEqual([
    undefined,
    undefined,
  ]);
});

describe('a canary whose files somebody has edited', () => {
  const why = 'edited-by-hand: f in aaaaaaaaaaaa by Ann';
  const held = { kind: 'blocked', why, remedy: 'revert it', edited: true } as const;

  it('is told of once, as a warning', () => {
    const [first, second] = tell([held, held]);
    const message = `Holding reviews.default: ${why}`;
    expect(first).toMatchObject({
      events: [{ type: 'Warning', message }],
      announcement: { severity: 'warn', message },
    });
    expect(second).toBeUndefined();
  });

  it('is told of apart from everything else that needs a person', () => {
    expect(tell([{ kind: 'blocked', why: 'x', remedy: 'y' }])).toEqual([undefined]);
  });
});
