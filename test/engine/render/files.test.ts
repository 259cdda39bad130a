import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GATES } from '../../../constructs/canary-spec.ts';
import { AWAITABLE, PHASES } from '../../../engine/core/phase.ts';
import { canaryWeight } from '../../../engine/core/record.ts';
import { applyChanges, changeset } from '../../../engine/render/changeset.ts';
import { formatControl, parseControl } from '../../../engine/render/control-file.ts';
import { formatRecord, parseRecord } from '../../../engine/render/record-file.ts';
import {
  formatRejected,
  parseRejected,
  withRejection,
} from '../../../engine/render/rejected-file.ts';
import { aRecord, aRunningRecord, T0_MS } from '../../support/builders.ts';

describe('control.yaml', () => {
  const path = 'rollouts/default/reviews/control.yaml';

  it('that is not there says nothing', () => {
    expect(parseControl(undefined, path)).toEqual({
      state: 'read',
      paused: false,
      approvals: [],
    });
  });

  it('is written by people as they would', () => {
    const text = [
      'version: 1',
      'pause: true',
      'approve:',
      '  - { gate: traffic-increase, revision: 4592892071d2, weight: 30 }',
      '  - gate: promotion',
      '    revision: 4592892071d2',
      'retry: { revision: 4592892071d2, attempt: 2 }',
    ].join('\n');
    expect(parseControl(text, path)).toEqual({
      state: 'read',
      paused: true,
      approvals: [
        { gate: 'traffic-increase', revision: '4592892071d2', weight: 30 },
        { gate: 'promotion', revision: '4592892071d2' },
      ],
      retry: { revision: '4592892071d2', attempt: 2 },
    });
  });

  it('comes back as it was written', () => {
    const revision = fc.constantFrom('4592892071d2', '123456789012', '1e3');
    const attempt = fc.record({ revision, attempt: fc.integer({ min: 1, max: 9 }) });
    const weight = fc.integer({ min: 1, max: 100 });
    const controls = fc.record(
      {
        paused: fc.boolean(),
        approvals: fc.array(
          fc.record(
            { gate: fc.constantFrom(...GATES), revision, weight },
            { requiredKeys: ['gate', 'revision'] },
          ),
        ),
        abort: attempt,
        retry: attempt,
        promote: attempt,
      },
      { requiredKeys: ['paused', 'approvals'] },
    );
    fc.assert(
      fc.property(controls, (control) => {
        expect(parseControl(formatControl(control), path)).toEqual({ state: 'read', ...control });
      }),
    );
  });

  it.each([
    ['is no YAML', 'pause: ['],
    ['has no version', 'pause: true'],
    ['has a field nobody knows', 'version: 1\npaused: true'],
    ['approves a gate that does not exist', 'version: 1\napprove: [{gate: all, revision: x}]'],
    ['approves no revision', 'version: 1\napprove: [{gate: rollout}]'],
    [
      'has a revision that YAML takes for a number',
      'version: 1\nabort: {revision: 123, attempt: 1}',
    ],
    ['aborts no attempt', 'version: 1\nabort: {revision: x}'],
  ])('that %s is damaged, which is an answer', (_, text) => {
    expect(parseControl(text, path)).toMatchObject({ state: 'damaged', path });
  });
});

describe('record.yaml', () => {
  it('reads well', () => {
    expect(formatRecord(aRecord())).toBe(`version: 1
canary: default/reviews
phase: Initialized
awaiting: revision
weights:
  primary: 100
  canary: 0
lastTransition: 2026-01-01T00:00:00.000Z
decidedAt: 2026-01-01T00:00:00.000Z
configDigest: options-1
promoted:
  revision: one
  source: "1111111111111111111111111111111111111111"
`);
  });

  it('comes back as it was written, in every phase', () => {
    const moment = fc.integer({ min: 0, max: 4e12 });
    const aStep = fc.record(
      {
        from: fc.constantFrom(canaryWeight(0), canaryWeight(20)),
        committedMs: moment,
        containedMs: moment,
        appliedMs: moment,
        effectiveMs: moment,
      },
      { requiredKeys: ['from', 'committedMs'] },
    );
    const records = fc
      .record({
        phase: fc.constantFrom(...PHASES),
        awaiting: fc.constantFrom(...AWAITABLE),
        canary: fc.integer({ min: 0, max: 100 }),
        decidedAtMs: fc.integer({ min: 0, max: 4e12 }),
        failedChecks: fc.nat(100),
        steps: fc.record(
          { step: aStep, previousStep: aStep, mirrored: fc.constant(true as const) },
          { requiredKeys: [] },
        ),
        rollout: fc.record(
          {
            iterations: fc.nat(10),
            strategyDigest: fc.constant('abc'),
            outcome: fc.constantFrom('promoted' as const, 'failed' as const, 'withdrawn' as const),
            hooksOwed: fc.constant(true as const),
          },
          { requiredKeys: [] },
        ),
      })
      .map(({ phase, awaiting, canary, decidedAtMs, failedChecks, steps, rollout }) =>
        aRunningRecord(
          { phase, awaiting, weights: { primary: 100 - canary, canary }, decidedAtMs, ...steps },
          { failedChecks, ...rollout },
        ),
      );
    fc.assert(
      fc.property(records, (record) => {
        expect(parseRecord(formatRecord(record), record.canary)).toEqual({
          kind: 'record',
          record,
        });
      }),
    );
  });

  it.each([
    ['is not YAML', 'a: ['],
    ['is empty', ''],
    [
      'has weights that do not sum to 100',
      formatRecord(aRecord()).replace('canary: 0', 'canary: 7'),
    ],
    ['has a phase nobody knows', formatRecord(aRecord()).replace('Initialized', 'Paused')],
    ['has a field nobody knows', `${formatRecord(aRecord())}extra: 1\n`],
    [
      'has an instant that is none',
      formatRecord(aRecord()).replace('2026-01-01T00:00:00.000Z', 'soon'),
    ],
    ['belongs to another canary', formatRecord(aRecord({ canary: 'default/other' }))],
    ['multiplies itself', 'a: &a [x]\nb: [*a, *a]\n'],
  ])('is damaged, and says so, when it %s', (_, text) => {
    expect(parseRecord(text, 'default/reviews')).toMatchObject({
      kind: 'damaged',
      why: expect.stringMatching(/.+/),
    });
  });
});

describe('rejected.yaml', () => {
  const failed = (revision: string, attempt = 1) => aRunningRecord({}, { revision, attempt });

  it('comes back as it was written', () => {
    const failure = { reason: '95% < 99%', rejectedAtMs: T0_MS };
    const first = withRejection([], failed('two'), failure);
    const entries = withRejection(first, failed('three'), { ...failure, expiresAtMs: T0_MS + 1 });
    expect(parseRejected(formatRejected(entries))).toEqual({ kind: 'rejected', entries });
    expect(parseRejected(undefined)).toEqual({ kind: 'rejected', entries: [] });
  });

  it('has one entry a revision, the newest', () => {
    const once = withRejection([], failed('two'), { reason: 'first', rejectedAtMs: T0_MS });
    const twice = withRejection(once, failed('two', 2), {
      reason: 'second',
      rejectedAtMs: T0_MS + 1,
    });
    expect(twice).toMatchObject([{ revision: 'two', reason: 'second', attempts: 2 }]);
  });

  it('is bounded: the oldest entries go', () => {
    let entries = withRejection([], failed('0'), { reason: 'x', rejectedAtMs: T0_MS });
    for (let index = 1; index < 60; index += 1) {
      entries = withRejection(entries, failed(String(index)), { reason: 'x', rejectedAtMs: T0_MS });
    }
    expect(entries).toHaveLength(50);
    expect(entries[0]?.revision).toBe('10');
  });

  it('that somebody damaged says so', () => {
    expect(parseRejected('rejected: 1')).toMatchObject({ kind: 'damaged' });
    const ledger = formatRejected(
      withRejection([], failed('two'), { reason: 'x', rejectedAtMs: T0_MS, expiresAtMs: T0_MS }),
    );
    const vague = ledger.replace(/expiresAt: .*/, 'expiresAt: tomorrow');
    expect(parseRejected(vague)).toMatchObject({
      kind: 'damaged',
      why: expect.stringContaining('tomorrow is not a time') as string,
    });
  });
});

it('a changeset is the smallest one that leads from one set of files to another', () => {
  const files = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2'));
  fc.assert(
    fc.property(files, files, (one, other) => {
      const before = new Map(Object.entries(one));
      const after = new Map(Object.entries(other));
      const changes = changeset(before, after);
      expect(applyChanges(before, changes)).toEqual(after);
      const differing = ['a', 'b', 'c', 'd'].filter((path) => before.get(path) !== after.get(path));
      expect(changes.map(({ path }) => path)).toEqual(differing);
    }),
  );
});
