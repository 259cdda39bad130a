import { resolve } from 'node:path';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { readEntries, readStates } from '../../controller/delivery-state.ts';
import { ProblemError } from '../../core/errors.ts';
import { formatInstant } from '../../core/instant.ts';
import { canaryFolders } from '../../core/paths.ts';
import type { RolloutRecord } from '../../core/record.ts';
import type { DeliveryRepository } from '../../ports/delivery-repository.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { asDocuments, writeBelow } from '../write-files.ts';

export interface BreakGlassOptions {
  /** `namespace/name`; all canaries when absent. */
  readonly canary: string | undefined;
  /** Write files below this folder instead of printing them. */
  readonly out?: string;
}

/**
 * The traffic of each canary as it last stood without a rollout, for `kubectl apply`, from the
 * local clone alone: Git may be down. Nothing is fetched and nothing is changed.
 */
export async function breakGlass(
  context: Pick<CliContext, 'cwd' | 'out' | 'err'>,
  delivery: DeliveryRepository,
  { canary, out }: BreakGlassOptions,
): Promise<ExitCode> {
  // Where nothing was ever cloned, Git has no folder to look in.
  const [newest] = await delivery.history({ limit: 1 }).catch(() => []);
  if (newest === undefined) throw noClone();
  const states = await readStates(delivery, newest.commit);
  const wanted = [...states].filter(([key]) => canary === undefined || key === canary);
  if (canary !== undefined && wanted.length === 0) throw unknownCanary(canary, [...states.keys()]);
  const files = new Map<string, string>();
  const unreadable: string[] = [];
  for (const [key, state] of wanted) {
    const record = state.kind === 'sound' ? state.record : undefined;
    const stable = await stableTraffic(delivery, newest.commit, key, record);
    if (stable.size === 0) unreadable.push(key);
    for (const [path, text] of stable) files.set(path, text);
  }
  if (out === undefined) context.out(asDocuments(files));
  else await writeBelow(resolve(context.cwd, out), files);
  context.err(INSTRUCTIONS(newest.commit.slice(0, 8), formatInstant(newest.atMs)));
  for (const key of unreadable) context.err(`${key}: its traffic is not in the local clone`);
  return unreadable.length === 0 ? EXIT.ok : EXIT.failed;
}

/** What a rollback would return to while a rollout is under way, and the tip otherwise. */
async function stableTraffic(
  delivery: DeliveryRepository,
  tip: string,
  canary: CanaryKey,
  record: RolloutRecord | undefined,
): Promise<ReadonlyMap<string, string>> {
  const isStable = record === undefined || record.weights.canary === 0;
  const commit = isStable ? tip : (record.rollout?.base ?? tip);
  try {
    const entries = await delivery.list(commit, canaryFolders(canary).traffic);
    const texts = await readEntries(delivery, entries);
    return texts.size === entries.length ? texts : new Map();
  } catch {
    return new Map();
  }
}

const INSTRUCTIONS = (
  commit: string,
  time: string,
) => `the local clone is at ${commit}, committed ${time}
1. stop the agent for the traffic tree, or it takes the change back:
     flux suspend kustomization <name>-traffic        (Flux)
     argocd app set <name>-traffic --sync-policy none (Argo CD)
2. kubectl apply --server-side --force-conflicts -f <these manifests>
When Git is back: end the rollout there first, so that the branch says what runs, then let the agent go on
(flux resume kustomization …, argocd app set … --sync-policy automated --self-heal).`;

function noClone(): ProblemError {
  return new ProblemError([
    {
      code: 'clone-missing',
      message: 'there is no local clone of the delivery branch here',
      remedy: 'run this where the engine runs, with its serin.yaml and its cache folder',
    },
  ]);
}

function unknownCanary(canary: string, known: readonly string[]): ProblemError {
  return new ProblemError([
    {
      code: 'canary-unknown',
      message: `the delivery branch has no record of ${canary}`,
      remedy: `use one of: ${known.join(', ') || '(none)'}`,
    },
  ]);
}
