import { describe, expect, it } from 'vitest';
import { judgeReadiness } from '../../../engine/core/readiness.ts';
import { aStatus, T0_MS } from '../../support/builders.ts';

const rule = { kind: 'Deployment' as const, thresholdPercent: 100, progressDeadlineSeconds: 60 };
const judge = (status: Parameters<typeof aStatus>[0], thresholdPercent = 100, nowMs = T0_MS) =>
  judgeReadiness({ state: 'found', status: aStatus(status) }, { ...rule, thresholdPercent }, nowMs);

describe('a Deployment', () => {
  it('is ready when all replicas are updated and available', () => {
    expect(judge({})).toEqual({ state: 'ready' });
  });

  it.each([
    [
      'its controller has not seen the newest spec',
      { generation: 2 },
      'observed deployment generation',
    ],
    ['replicas are not updated yet', { desiredReplicas: 3 }, '1 out of 3 new replicas'],
    ['old replicas are still there', { replicas: 2 }, '1 old replicas are pending termination'],
    ['replicas are not available', { availableReplicas: 0 }, '0 of 1 (readyThreshold 100%)'],
    ['somebody scaled it to zero', { desiredReplicas: 0 }, 'scaled to 0 replicas outside Git'],
  ])('is not ready while %s', (_, status, why) => {
    expect(judge(status)).toMatchObject({
      state: 'progressing',
      why: expect.stringContaining(why),
    });
  });

  it('needs only the share of available replicas that the threshold asks for', () => {
    const half = { desiredReplicas: 4, replicas: 4, updatedReplicas: 4, availableReplicas: 2 };
    expect(judge(half, 50).state).toBe('ready');
    expect(judge(half, 51).state).toBe('ready');
    expect(judge(half, 75).state).toBe('progressing');
  });

  it('has failed when its own progress deadline passed', () => {
    expect(judge({ availableReplicas: 0, progressDeadlineExceeded: true }).state).toBe('failed');
  });

  it('has failed when it was unavailable for longer than the canary allows', () => {
    const status = { availableReplicas: 0, unavailableSinceMs: T0_MS };
    expect(judge(status, 100, T0_MS + 60_000).state).toBe('progressing');
    expect(judge(status, 100, T0_MS + 60_001).state).toBe('failed');
  });

  it('is not ready while its Service leads nowhere, however long that takes: no release is to blame', () => {
    const hourLaterMs = T0_MS + 3_600_000;
    expect(judge({ readyEndpoints: 0 }, 100, hourLaterMs)).toEqual({
      state: 'progressing',
      why: 'waiting for rollout to finish: its Service has no ready endpoint yet',
    });
    expect(judge({ readyEndpoints: 1 })).toEqual({ state: 'ready' });
  });

  it('that cannot be read is unknown, never ready', () => {
    const unknown = { state: 'unknown', why: 'connection refused' } as const;
    expect(judgeReadiness(unknown, rule, T0_MS)).toEqual(unknown);
    expect(judgeReadiness({ state: 'missing' }, rule, T0_MS).state).toBe('progressing');
  });
});

describe('a DaemonSet', () => {
  const judgeNodes = (status: Parameters<typeof aStatus>[0], thresholdPercent = 100) =>
    judgeReadiness(
      { state: 'found', status: aStatus(status) },
      { ...rule, kind: 'DaemonSet', thresholdPercent },
      T0_MS,
    );

  it.each([
    ['its controller has not seen it', { generation: 2 }, 'observed daemonset generation'],
    ['no node may run it', { desiredReplicas: 0 }, 'no node is found'],
    ['nodes run the pods before', { desiredReplicas: 3 }, '1 out of 3 new pods'],
    ['pods are not available', { availableReplicas: 0 }, '0 of 1 (readyThreshold 100%) updated'],
  ])('is not ready while %s', (_, status, why) => {
    expect(judgeNodes(status)).toMatchObject({
      state: 'progressing',
      why: expect.stringContaining(why),
    });
  });

  it('is ready while old pods are still ending, which it counts as no pods of its own', () => {
    expect(judgeNodes({ replicas: 2 })).toEqual({ state: 'ready' });
  });

  it('needs only the share of its nodes that the threshold asks for', () => {
    const half = { desiredReplicas: 4, updatedReplicas: 4, availableReplicas: 2 };
    expect([judgeNodes(half, 50).state, judgeNodes(half, 75).state]).toEqual([
      'ready',
      'progressing',
    ]);
  });

  it('has failed when pods were missing for longer than the deadline', () => {
    const missing = { availableReplicas: 0, unavailableSinceMs: T0_MS - 60_001 };
    expect(judgeNodes(missing)).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('progressDeadlineSeconds 60'),
    });
  });
});

it('a Service is always ready: it has no pods that could be waited for', () => {
  const unknown = { state: 'unknown', why: 'not asked' } as const;
  expect(judgeReadiness(unknown, { ...rule, kind: 'Service' }, T0_MS)).toEqual({ state: 'ready' });
});
