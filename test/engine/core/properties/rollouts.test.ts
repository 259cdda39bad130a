import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../../engine/core/decision.ts';
import { PHASES } from '../../../../engine/core/phase.ts';
import { type Ending, ENDINGS, endOf } from './endings.ts';
import { INVARIANTS } from './invariants.ts';
import { type Happening, happen, scripts } from './scripts.ts';
import { Story, type Tick } from './story.ts';

/**
 * Goal: no canary, in no order of revisions, metrics, gates, failures and people, breaks an
 * invariant, or gets stuck. Method: random canaries live through random stories, evaluated after
 * each happening by the pure core alone; then the world stays as it is, and they must come to rest.
 * A counterexample is printed shrunk, with the seed that gives it again. `STORIES=1000000` goes on
 * for longer.
 */
const STORIES = Number(process.env['STORIES'] ?? 12_500);

interface Script {
  readonly spec: Story['world']['spec'];
  readonly happenings: readonly Happening[];
}

const phases = new Set<string>();
const decisions = new Set<string>();

function check(tick: Tick): void {
  if (tick.after !== undefined) phases.add(tick.after.phase);
  decisions.add(tick.decision.kind);
  for (const [name, holds] of Object.entries(INVARIANTS)) {
    try {
      holds(tick);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`${name}, but ${JSON.stringify(tick.decision)}: ${message}`, {
        cause: error,
      });
    }
  }
}

function told({ spec, happenings }: Script): Story {
  const story = new Story(spec);
  for (const happening of happenings) {
    happen(story, happening);
    check(story.tick());
  }
  return story;
}

/** What each ending may come to, beside a revision that is promoted or rejected. */
const HELD: Readonly<Record<Ending, (end: Decision) => boolean>> = {
  'everything is in order and people approve': () => false,
  'everything is in order but no gate is opened': isClosed,
  'nothing can be measured': isClosed,
  'the canary never becomes ready': isClosed,
  'its Canary has left the source': (end) =>
    end.kind === 'rest' && /holds the Canary no more/.test(end.why),
  'somebody has paused it': (end) => end.kind === 'wait' && end.why === 'paused by control.yaml',
};

function isClosed(end: Decision): boolean {
  return end.kind === 'wait' && end.closed !== undefined;
}

function checkEnd({ record, rejected, world }: Story, end: Decision): void {
  assert.ok(end.kind === 'rest' || end.kind === 'blocked', `it hangs: ${JSON.stringify(end)}`);
  assert.ok(record !== undefined && ['Initialized', 'Succeeded', 'Failed'].includes(record.phase));
  assert.equal(record.awaiting, 'revision');
  const isPromoted = record.promoted.revision === world.revision;
  assert.ok(isPromoted || rejected.some(({ revision }) => revision === world.revision));
}

describe('a canary that has lived through anything', () => {
  it.each(Object.keys(ENDINGS) as Ending[])(
    'keeps every invariant, and comes to rest when %s',
    (ending) => {
      fc.assert(
        fc.property(scripts, (script) => {
          const story = told(script);
          const end = endOf(story, ending, check);
          if (!HELD[ending](end)) checkEnd(story, end);
        }),
        { numRuns: Math.ceil(STORIES / Object.keys(ENDINGS).length) },
      );
    },
    600_000,
  );

  it('has been in every phase, and every kind of decision was taken', () => {
    expect([...phases].toSorted()).toEqual([...PHASES].toSorted());
    expect([...decisions].toSorted()).toEqual(Object.keys(EVERY_DECISION).toSorted());
  });
});

const EVERY_DECISION: Readonly<Record<Decision['kind'], true>> = {
  'create-primary': true,
  'open-routing': true,
  initialized: true,
  halt: true,
  'call-off': true,
  start: true,
  restart: true,
  advance: true,
  'check-failed': true,
  'halt-promotion': true,
  promote: true,
  'skip-analysis': true,
  shift: true,
  finish: true,
  reject: true,
  rollback: true,
  'fail-promotion': true,
  'return-traffic': true,
  withdraw: true,
  'clean-up': true,
  'post-rollout': true,
  reconcile: true,
  terminate: true,
  'move-to-target': true,
  'return-to-primary': true,
  'drop-routes': true,
  terminated: true,
  resume: true,
  rest: true,
  wait: true,
  blocked: true,
};
