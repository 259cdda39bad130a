import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { type Action, controlAfter } from '../core/actions.ts';
import { backoffMs } from '../core/backoff.ts';
import { type Problem, ProblemError } from '../core/errors.ts';
import { controlPath } from '../core/paths.ts';
import type { CommitDraft, PublishOutcome } from '../ports/delivery-repository.ts';
import { formatControl } from '../render/control-file.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { formatTrailers } from '../render/trailers.ts';
import type { SoundState } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import { EngineMemory } from './memory.ts';
import { type OpenedPass, openPass } from './open-pass.ts';

export type ActOutcome =
  | { readonly kind: 'committed'; readonly commit: string; readonly subject: string }
  /** The file says so already. */
  | { readonly kind: 'unchanged'; readonly what: string }
  | { readonly kind: 'failed'; readonly why: string };

const RACES_MAX = 6;

/**
 * Commits what a person wants of a canary to its `control.yaml`, on top of whatever the engine has
 * committed meanwhile.
 *
 * @param by who it is, as they are to be named in the commit
 * @throws ProblemError for a canary that nobody knows, and for what would mean nothing now.
 */
export async function act(
  ports: EnginePorts,
  canary: CanaryKey,
  action: Action,
  by: string | undefined,
): Promise<ActOutcome> {
  for (let race = 0; ; race += 1) {
    const opened = await openPass(ports, new EngineMemory(), 'nobody');
    if ('trouble' in opened) return { kind: 'failed', why: opened.trouble.why };
    const { resolved, state } = knownCanary(opened, canary);
    const { what, draft } = draftOf(resolved, state, action, by, ports.clock.nowMs());
    if (draft === undefined) return { kind: 'unchanged', what };
    const cell = opened.cells.get(opened.branchOf(canary));
    const { delivery } = cell?.ports ?? ports;
    const outcome = await delivery.publish([draft], cell?.context.tip);
    if (outcome.kind !== 'stale' || race >= RACES_MAX) return outcomeOf(outcome, draft, what);
    await ports.clock.sleep(backoffMs(race, { baseMs: 50, capMs: 2_000 }, ports.random));
  }
}

interface Known {
  readonly resolved: ResolvedCanary;
  readonly state: SoundState;
}

function knownCanary({ loaded, states }: OpenedPass, canary: CanaryKey): Known {
  const resolved = loaded.canaries.find(({ key }) => key === canary);
  const state = states.get(canary);
  if (resolved === undefined || state === undefined) {
    const where = resolved === undefined ? 'the source' : 'the delivery branch';
    const trouble = loaded.problems.find((problem) => problem.canary === canary);
    throw asError({
      code: 'canary-unknown',
      message: `${where} holds no canary ${canary} that can be read`,
      remedy: trouble?.message ?? 'name one as namespace/name; `serin status` lists them',
    });
  }
  if (state.kind === 'damaged') {
    const message = `${state.path}: ${state.why}`;
    const remedy = `restore ${state.path} from the commit before it was changed`;
    throw asError({ code: 'record-damaged', message, remedy });
  }
  return { resolved, state };
}

interface Drafted {
  readonly what: string;
  readonly draft?: CommitDraft;
}

function draftOf(
  { key, spec, revision }: ResolvedCanary,
  { record, rejected, control }: SoundState,
  action: Action,
  by: string | undefined,
  nowMs: number,
): Drafted {
  const path = controlPath(key);
  if (control.state === 'damaged') {
    const remedy = `correct ${path}, or remove it`;
    throw asError({ code: 'control-damaged', message: `${path}: ${control.why}`, remedy });
  }
  const { state: _, ...current } = control;
  const outcome = controlAfter(current, action, { spec, record, rejected, revision });
  if (outcome.kind === 'refused') {
    const { why: message, remedy } = outcome;
    throw asError({ code: 'action-refused', message: `${key}: ${message}`, remedy });
  }
  const { what } = outcome;
  const text = formatControl(outcome.control);
  if (text === formatControl(current)) return { what };
  const trailers = formatTrailers([
    { key: 'Canary', value: key },
    { key: 'Control', value: action.kind },
    ...(by === undefined ? [] : [{ key: 'By', value: by }]),
  ]);
  const message = `${spec.name}.${spec.namespace}: ${what}\n\n${trailers}\n`;
  return { what, draft: { message, changes: [{ kind: 'write', path, text }], atMs: nowMs } };
}

function outcomeOf(outcome: PublishOutcome, { message }: CommitDraft, what: string): ActOutcome {
  switch (outcome.kind) {
    case 'pushed': {
      const [commit = ''] = outcome.commits;
      return { kind: 'committed', commit, subject: message.split('\n', 1)[0] ?? '' };
    }
    case 'unchanged':
      return { kind: 'unchanged', what };
    case 'stale':
    case 'rejected':
    case 'unreachable':
    case 'deferred':
    case 'unknown':
      return { kind: 'failed', why: outcome.why };
  }
}

function asError(problem: Problem): ProblemError {
  return new ProblemError([problem]);
}
