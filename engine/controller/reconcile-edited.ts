import { decide } from '../core/decide.ts';
import { type Change, isChange, isUrgent } from '../core/decision.ts';
import { type Edits, heldByEdits, isSafeBeside } from '../core/edits.ts';
import { recordPath } from '../core/paths.ts';
import { applyChanges } from '../render/changeset.ts';
import { healChanges, healMessage } from '../render/heal.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { datedAhead, decisionTimeMs } from './decision-time.ts';
import {
  type CanaryState,
  NEW_CANARY,
  readFilesToChange,
  type SoundState,
} from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import { observe, type PassContext } from './observe.ts';
import { damaged, join, type Proposal, propose, type Situation, subjectOf } from './reconcile.ts';

/**
 * A canary some of whose files somebody else has edited: the engine puts them back with a commit of its
 * own, or holds the canary, as its operator wants. Either way nothing is decided but what takes traffic
 * away at once; and while the canary is held, that only if it leaves the edited files alone.
 */
export async function reconcileEdited(
  ports: EnginePorts,
  context: PassContext,
  canary: ResolvedCanary,
  state: CanaryState = NEW_CANARY,
  edits: Edits,
): Promise<Proposal> {
  const isHealing = ports.edits === 'heal';
  // What a person wrote into the record was decided by nobody.
  const isKnown = state.kind === 'sound' && !edits.has(recordPath(canary.key));
  const urgent = isKnown ? await urgentChange(ports, context, canary, state) : undefined;
  if (isHealing) return heal(ports, context, canary, { state, edits, urgent });
  if (state.kind === 'damaged') return damaged(canary, state);
  if (urgent !== undefined) {
    const proposal = await propose(ports, context, canary, urgent.situation, urgent.change);
    const paths = proposal.drafts.flatMap(({ changes }) => changes.map(({ path }) => path));
    if (isSafeBeside(edits, urgent.change, paths)) return proposal;
  }
  const held = { ...heldByEdits(edits, urgent?.change), edited: true } as const;
  return {
    outcome: { canary: canary.key, record: state.record, result: held },
    drafts: [],
    urgent: false,
    taken: [],
  };
}

interface UrgentChange {
  readonly change: Change;
  readonly situation: Situation;
}

/** What would be decided of a canary that a person has paused, if that takes traffic away. */
async function urgentChange(
  ports: EnginePorts,
  context: PassContext,
  canary: ResolvedCanary,
  state: SoundState,
): Promise<UrgentChange | undefined> {
  const { record } = state;
  if (record === undefined) return undefined;
  const control =
    state.control.state === 'read' ? { ...state.control, paused: true } : state.control;
  const quiet = { ...context, asks: 'nobody' } as const;
  const observed = await observe(ports, quiet, canary, record, { ...state, control });
  const nowMs = decisionTimeMs(record, observed.clockMs);
  const seen = datedAhead(observed.seen, nowMs - observed.clockMs);
  const decision = decide(canary.spec, record, seen, nowMs);
  if (!isChange(decision) || !isUrgent(decision)) return undefined;
  const delivered = await readFilesToChange(ports.delivery, context.tip, canary.key);
  return { change: decision, situation: { record, standing: record, delivered, seen, nowMs } };
}

interface Healing {
  readonly state: CanaryState;
  readonly edits: Edits;
  readonly urgent: UrgentChange | undefined;
}

/** The files as the engine has left them, and what is urgent on top of that. */
async function heal(
  ports: EnginePorts,
  context: PassContext,
  canary: ResolvedCanary,
  { state, edits, urgent }: Healing,
): Promise<Proposal> {
  const blobs = [...edits.values()].flatMap(({ left }) => left ?? []);
  const changes = healChanges(edits, await ports.delivery.read(blobs));
  const record = state.kind === 'sound' ? state.record : undefined;
  // A time that a person wrote into the record is nobody's.
  const dated = edits.has(recordPath(canary.key)) ? undefined : record;
  const atMs = urgent?.situation.nowMs ?? decisionTimeMs(dated, ports.clock.nowMs());
  const draft = { message: healMessage(canary.key, edits), changes, atMs };
  const own: Proposal = {
    outcome: {
      canary: canary.key,
      record,
      result: { kind: 'committed', subjects: [subjectOf(draft)], untilMs: atMs },
    },
    drafts: [draft],
    urgent: false,
    taken: [],
  };
  if (urgent === undefined) return own;
  const { situation, change } = urgent;
  const healed = { ...situation, delivered: applyChanges(situation.delivered, changes) };
  return join(own, await propose(ports, context, canary, healed, change));
}
