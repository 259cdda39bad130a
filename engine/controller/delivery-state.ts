import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { canaryFolders, recordPath, rejectedPath, ROLLOUTS_FOLDER } from '../core/paths.ts';
import type { RejectedRevision, RolloutRecord } from '../core/record.ts';
import type { DeliveryRepository, TreeEntry } from '../ports/delivery-repository.ts';
import type { Files } from '../render/changeset.ts';
import { parseRecord } from '../render/record-file.ts';
import { parseRejected } from '../render/rejected-file.ts';

/** What the delivery branch remembers of one canary. */
export type CanaryState =
  | {
      readonly kind: 'sound';
      readonly record: RolloutRecord | undefined;
      readonly rejected: readonly RejectedRevision[];
    }
  | { readonly kind: 'damaged'; readonly path: string; readonly why: string };

export const NEW_CANARY: CanaryState = { kind: 'sound', record: undefined, rejected: [] };

/** Reads the records and ledgers of all canaries at a commit, in one round trip. */
export async function readStates(
  delivery: DeliveryRepository,
  tip: string | undefined,
): Promise<ReadonlyMap<CanaryKey, CanaryState>> {
  if (tip === undefined) return new Map();
  const entries = await delivery.list(tip, ROLLOUTS_FOLDER);
  const byPath = new Map(entries.map((entry) => [entry.path, entry.blob]));
  const canaries = entries.flatMap((entry) => canaryOfRecord(entry));
  const paths = canaries.flatMap((canary) => [recordPath(canary), rejectedPath(canary)]);
  const texts = await delivery.read(paths.flatMap((path) => byPath.get(path) ?? []));
  const text = (path: string) => texts.get(byPath.get(path) ?? '');
  return new Map(canaries.map((canary) => [canary, stateOf(canary, text)]));
}

function canaryOfRecord(entry: TreeEntry): readonly CanaryKey[] {
  const match = /^rollouts\/([^/]+)\/([^/]+)\/record\.yaml$/.exec(entry.path);
  return match === null ? [] : [`${match[1]}/${match[2]}`];
}

function stateOf(canary: CanaryKey, text: (path: string) => string | undefined): CanaryState {
  const record = parseRecord(text(recordPath(canary)) ?? '', canary);
  if (record.kind === 'damaged') {
    return { kind: 'damaged', path: recordPath(canary), why: record.why };
  }
  const rejected = parseRejected(text(rejectedPath(canary)));
  if (rejected.kind === 'damaged') {
    return { kind: 'damaged', path: rejectedPath(canary), why: rejected.why };
  }
  return { kind: 'sound', record: record.record, rejected: rejected.entries };
}

/** The canary's three folders at a commit. */
export async function readCanaryFiles(
  delivery: DeliveryRepository,
  commit: string | undefined,
  canary: CanaryKey,
): Promise<Files> {
  if (commit === undefined) return new Map();
  const { workloads, traffic, rollout } = canaryFolders(canary);
  const folders = [workloads, traffic, rollout];
  const lists = await Promise.all(folders.map((folder) => delivery.list(commit, folder)));
  return readEntries(delivery, lists.flat());
}

export async function readEntries(
  delivery: DeliveryRepository,
  entries: readonly TreeEntry[],
): Promise<Files> {
  const texts = await delivery.read(entries.map((entry) => entry.blob));
  return new Map(
    entries.flatMap(({ path, blob }) => {
      const text = texts.get(blob);
      return text === undefined ? [] : [[path, text] as const];
    }),
  );
}
