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

/**
 * Records and ledgers as they were parsed, by the ids of their blobs: parsing costs more than all
 * that is decided on it, and a commit changes the files of few canaries.
 */
export class KnownStates {
  #tip: string | undefined;
  #states: ReadonlyMap<CanaryKey, CanaryState> = new Map();
  #parsed = new Map<CanaryKey, ParsedState>();

  /** The states of all canaries at a commit, in one round trip for what is not known yet. */
  async at(
    delivery: DeliveryRepository,
    tip: string | undefined,
  ): Promise<ReadonlyMap<CanaryKey, CanaryState>> {
    if (tip === undefined) return new Map();
    if (tip === this.#tip) return this.#states;
    const blobs = stateBlobs(await delivery.list(tip, ROLLOUTS_FOLDER));
    const unknown = [...blobs].filter(([canary, each]) => !isSame(this.#parsed.get(canary), each));
    const texts = await delivery.read(
      unknown.flatMap(([, { record, rejected }]) => [
        record,
        ...(rejected === undefined ? [] : [rejected]),
      ]),
    );
    const parsed = new Map<CanaryKey, ParsedState>();
    for (const [canary, each] of blobs) {
      const known = this.#parsed.get(canary);
      const state = isSame(known, each) ? known.state : stateOf(canary, each, texts);
      parsed.set(canary, { ...each, state });
    }
    this.#parsed = parsed;
    this.#states = new Map([...parsed].map(([canary, { state }]) => [canary, state]));
    this.#tip = tip;
    return this.#states;
  }
}

interface StateBlobs {
  readonly record: string;
  readonly rejected: string | undefined;
}

interface ParsedState extends StateBlobs {
  readonly state: CanaryState;
}

function isSame(
  known: ParsedState | undefined,
  { record, rejected }: StateBlobs,
): known is ParsedState {
  return known !== undefined && known.record === record && known.rejected === rejected;
}

/** Reads the records and ledgers of all canaries at a commit. */
export function readStates(
  delivery: DeliveryRepository,
  tip: string | undefined,
): Promise<ReadonlyMap<CanaryKey, CanaryState>> {
  return new KnownStates().at(delivery, tip);
}

function stateBlobs(entries: readonly TreeEntry[]): ReadonlyMap<CanaryKey, StateBlobs> {
  const records = new Map<CanaryKey, string>();
  const ledgers = new Map<CanaryKey, string>();
  for (const { path, blob } of entries) {
    const match = /^rollouts\/([^/]+)\/([^/]+)\/(record|rejected)\.yaml$/.exec(path);
    if (match === null) continue;
    (match[3] === 'record' ? records : ledgers).set(`${match[1]}/${match[2]}`, blob);
  }
  return new Map(
    [...records].map(([canary, record]) => [canary, { record, rejected: ledgers.get(canary) }]),
  );
}

function stateOf(
  canary: CanaryKey,
  blobs: StateBlobs,
  texts: ReadonlyMap<string, string>,
): CanaryState {
  const record = parseRecord(texts.get(blobs.record) ?? '', canary);
  if (record.kind === 'damaged') {
    return { kind: 'damaged', path: recordPath(canary), why: record.why };
  }
  const rejected = parseRejected(
    blobs.rejected === undefined ? undefined : texts.get(blobs.rejected),
  );
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
