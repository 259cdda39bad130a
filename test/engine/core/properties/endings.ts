import assert from 'node:assert/strict';
import { GATES } from '../../../../constructs/canary-spec.ts';
import { type Control, SAID_NOTHING } from '../../../../engine/core/control.ts';
import { type Decision, isChange } from '../../../../engine/core/decision.ts';
import { MINUTE_MS } from '../../../support/builders.ts';
import type { Story, Tick } from './story.ts';

/** A world that stays as it is from some moment on: however the canary got there, it must end. */
export type Ending = keyof typeof ENDINGS;

const HOOKS_IN_THE_WAY = ['confirm-rollout', 'confirm-traffic-increase', 'confirm-promotion'];

export const ENDINGS = {
  'everything is in order and people approve': (story: Story) => {
    story.world.control = SAID_NOTHING;
  },
  'everything is in order but no gate is opened': (story: Story) => {
    story.world.control = SAID_NOTHING;
    story.world.refusing = new Set(HOOKS_IN_THE_WAY);
  },
  'nothing can be measured': (story: Story) => {
    story.world.control = SAID_NOTHING;
    story.world.metrics = 'inconclusive';
  },
  'the canary never becomes ready': (story: Story) => {
    story.world.control = SAID_NOTHING;
    story.world.canary = 'no-pods';
  },
  'its Canary has left the source': (story: Story) => {
    story.world.control = SAID_NOTHING;
    story.world.removed = 'stays';
  },
  'somebody has paused it': (story: Story) => {
    story.world.control = { ...SAID_NOTHING, paused: true } as typeof SAID_NOTHING;
  },
} as const;

/** Ladders and shifts of the longest story, twice, because what runs may have to be withdrawn. */
const TICKS_MAX = 200;
/** What only time can change has changed by then: the progress deadline is one minute. */
const POLLS_MAX = 3;

/**
 * Lets the world end as it is told to, and returns where the canary comes to rest: a decision that
 * no time changes.
 */
export function endOf(story: Story, ending: Ending, look: (tick: Tick) => void): Decision {
  calm(story);
  ENDINGS[ending](story);
  let polls = 0;
  for (let count = 0; count < TICKS_MAX; count += 1) {
    if (ending === 'everything is in order and people approve') approveAll(story);
    const tick = story.tick();
    look(tick);
    const { decision } = tick;
    if (isChange(decision)) {
      polls = 0;
      continue;
    }
    if (decision.kind !== 'wait' || decision.closed !== undefined) return decision;
    const { untilMs, why } = decision;
    if (untilMs === undefined && polls === POLLS_MAX) return decision;
    assert.ok(untilMs === undefined || untilMs > story.world.nowMs, `it waits in the past: ${why}`);
    polls += 1;
    story.world.nowMs = untilMs ?? story.world.nowMs + MINUTE_MS;
  }
  assert.fail(`no end after ${TICKS_MAX} evaluations, in phase ${story.record?.phase}`);
}

function calm({ world }: Story): void {
  world.spec = { ...world.spec, suspend: false };
  world.removed = undefined;
  world.primary = 'ready';
  world.canary = 'ready';
  world.workloads = 'live';
  world.traffic = 'live';
  world.metrics = 'pass';
  world.refusing = new Set();
}

function approveAll(story: Story): void {
  const { control, revision } = story.world;
  if (control.state === 'damaged') return;
  const approvals: Control['approvals'] = GATES.map((gate) => ({ gate, revision }));
  if (control.approvals.length < approvals.length) story.write({ ...control, approvals });
}
