import { describe, expect, it } from 'vitest';
import { ask } from '../../../engine/controller/ask.ts';
import type { AskedWebhook, Question } from '../../../engine/core/questions.ts';
import type { RolloutRecord } from '../../../engine/core/record.ts';
import type { SecretReader } from '../../../engine/ports/secret-reader.ts';
import type { WebhookOutcome, WebhookPayload } from '../../../engine/ports/webhook-client.ts';
import { aRecord, aRunningRecord, aSpec, aWebhook } from '../../support/builders.ts';

const source = { commit: 'c', revision: 'three', configDigest: 'o' };
const secrets: SecretReader = {
  read: () => Promise.resolve({ kind: 'unread', why: 'nobody asked' }),
};
const OK: WebhookOutcome = { kind: 'ok', status: 200 };
const FAILED: WebhookOutcome = { kind: 'failed', why: 'HTTP 403 closed' };

function hook(type: AskedWebhook['type'], name: string = type): Question {
  return { kind: 'webhook', webhook: aWebhook({ type, name }) as AskedWebhook };
}

async function askAll(
  questions: readonly Question[],
  answers: Readonly<Record<string, WebhookOutcome>> = {},
  record: RolloutRecord = aRunningRecord(),
) {
  const asked: string[] = [];
  const payloads: WebhookPayload[] = [];
  const ports: Parameters<typeof ask>[0] = {
    clock: { nowMs: () => 0, sleep: () => Promise.resolve() },
    webhooks: {
      call({ name }, payload) {
        asked.push(name);
        payloads.push(payload);
        return Promise.resolve(answers[name] ?? OK);
      },
    },
    metrics: {
      measure(_, { name }) {
        asked.push(name);
        return Promise.resolve({ kind: 'value', value: 100 });
      },
      requests: () => Promise.resolve({ state: 'unmeasured', why: 'nobody asked' }),
    },
  };
  const evaluation = await ask(ports, { spec: aSpec(), record, source, secrets }, questions);
  const checks = evaluation.state === 'made' ? evaluation.checks : [];
  return { asked, payloads, checks };
}

describe('a round of questions', () => {
  const round = [
    hook('rollback'),
    hook('rollout'),
    { kind: 'metrics' } as const,
    hook('confirm-promotion'),
  ];
  const quiet = { rollback: FAILED };

  it('is asked in order, the metrics at once', async () => {
    const { asked, checks } = await askAll(round, quiet);
    expect(asked).toEqual([
      'rollback',
      'rollout',
      'request-success-rate',
      'request-duration',
      'confirm-promotion',
    ]);
    expect(checks.map(({ kind, verdict }) => `${kind} ${verdict}`)).toEqual([
      'rollback pass',
      'rollout pass',
      'metric pass',
      'metric pass',
      'confirm-promotion pass',
    ]);
  });

  it.each([
    ['a rollback hook that asks for one', { rollback: OK }, ['rollback']],
    ['a rollout hook that fails', { ...quiet, rollout: FAILED }, ['rollback', 'rollout']],
  ])('ends with %s', async (_, answers, names) => {
    const { asked, checks } = await askAll(round, answers);
    expect(asked).toEqual(names);
    expect(checks.at(-1)?.verdict).toBe('fail');
  });

  it('says of each answer what it means', async () => {
    const open = await askAll([hook('confirm-rollout')]);
    expect(open.checks[0]?.detail).toBe('is open: answered 200');
    const closed = await askAll([hook('confirm-rollout')], { 'confirm-rollout': FAILED });
    expect(closed.checks[0]?.detail).toBe('is closed: HTTP 403 closed');
  });
});

describe('what a hook is told', () => {
  it.each<[AskedWebhook['type'], RolloutRecord, string, string]>([
    ['confirm-rollout', aRecord(), 'Initialized', 'three'],
    ['confirm-rollout', aRecord({ phase: 'Waiting', awaiting: 'approval' }), 'Waiting', 'three'],
    ['rollback', aRecord({ phase: 'Waiting', awaiting: 'approval' }), 'Waiting', 'three'],
    ['rollback', aRunningRecord({ phase: 'WaitingPromotion' }), 'WaitingPromotion', 'two'],
    ['rollout', aRunningRecord({ phase: 'WaitingPromotion' }), 'Progressing', 'two'],
    ['confirm-promotion', aRunningRecord({ phase: 'WaitingPromotion' }), 'Progressing', 'two'],
    ['post-rollout', aRunningRecord({ phase: 'Failed' }), 'Failed', 'two'],
  ])('%s: phase and revision of %o', async (type, record, phase, checksum) => {
    const { payloads } = await askAll([hook(type)], {}, record);
    expect(payloads).toEqual([{ name: 'reviews', namespace: 'default', phase, checksum }]);
  });
});
