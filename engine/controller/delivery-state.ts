import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { type ControlObservation, SAID_NOTHING } from '../core/control.ts';
import {
  canaryFolders,
  CONTROL_FILE,
  controlPath,
  isEvidence,
  leftFolder,
  othersFolder,
  RECORD_FILE,
  recordPath,
  REJECTED_FILE,
  rejectedPath,
  ROLLOUTS_FOLDER,
} from '../core/paths.ts';
import type { RejectedRevision, RolloutRecord } from '../core/record.ts';
import type { DeliveryRepository, FolderItem, TreeEntry } from '../ports/delivery-repository.ts';
import type { Files } from '../render/changeset.ts';
import { parseControl } from '../render/control-file.ts';
import { type ParsedRecord, parseRecord } from '../render/record-file.ts';
import { parseRejected } from '../render/rejected-file.ts';

/** What the delivery branch remembers of one canary. */
export type CanaryState =
  SoundState | { readonly kind: 'damaged'; readonly path: string; readonly why: string };

export interface SoundState {
  readonly kind: 'sound';
  readonly record: RolloutRecord | undefined;
  readonly rejected: readonly RejectedRevision[];
  /** A damaged control file holds its canary where it is, and no more. */
  readonly control: ControlObservation;
}

export const NEW_CANARY: CanaryState = {
  kind: 'sound',
  record: undefined,
  rejected: [],
  control: SAID_NOTHING,
};

/**
 * Records and ledgers as they were parsed, by the ids of their folders: parsing costs more than all
 * that is decided on it, and a commit changes the folders of few canaries.
 */
export class KnownStates {
  #tip: string | undefined;
  #states: ReadonlyMap<CanaryKey, CanaryState> = new Map();
  #namespaces: ReadonlyMap<string, KnownNamespace> = new Map();
  /** What this engine has just written, and has not met on the branch yet. */
  readonly #written: WrittenRecords = new Map();

  /** The file of a record was pushed: what is in it need not be found out by parsing. */
  wrote(record: RolloutRecord, text: string): void {
    this.#written.set(record.canary, { record, text });
  }

  /** The states of all canaries at a commit, in one round trip for what is not known yet. */
  async at(
    delivery: DeliveryRepository,
    tip: string | undefined,
  ): Promise<ReadonlyMap<CanaryKey, CanaryState>> {
    if (tip === undefined) return new Map();
    if (tip === this.#tip) return this.#states;
    const folders = await folderItems(delivery, tip, ROLLOUTS_FOLDER);
    const found = await Promise.all(
      folders.map(async ({ name, id }) => {
        const known = this.#namespaces.get(name);
        return known?.id === id ? known : readNamespace(delivery, tip, { name, id, known });
      }),
    );
    const canaries = found.flatMap((namespace) => namespace.canaries);
    await parseAll(delivery, canaries, this.#written);
    this.#namespaces = new Map(found.map((namespace) => [namespace.name, namespace]));
    this.#states = new Map(
      canaries.flatMap(({ key, state }) => (state === undefined ? [] : [[key, state] as const])),
    );
    this.#tip = tip;
    return this.#states;
  }
}

type WrittenRecords = Map<CanaryKey, { readonly record: RolloutRecord; readonly text: string }>;

interface KnownNamespace {
  readonly name: string;
  /** Of its folder below `rollouts/`. */
  readonly id: string;
  readonly canaries: readonly KnownCanary[];
}

interface KnownCanary {
  readonly key: CanaryKey;
  readonly id: string;
  /** Blob ids; a folder without a record is no canary's yet. */
  readonly record: string | undefined;
  readonly rejected: string | undefined;
  readonly control: string | undefined;
  /** Absent until it has been read, and without a record. */
  state: CanaryState | undefined;
}

/** Reads the records and ledgers of all canaries at a commit. */
export function readStates(
  delivery: DeliveryRepository,
  tip: string | undefined,
): Promise<ReadonlyMap<CanaryKey, CanaryState>> {
  return new KnownStates().at(delivery, tip);
}

async function folderItems(
  delivery: DeliveryRepository,
  commit: string,
  folder: string,
): Promise<readonly FolderItem[]> {
  const items = await delivery.items(commit, folder);
  return items.filter(({ isFolder }) => isFolder);
}

async function readNamespace(
  delivery: DeliveryRepository,
  tip: string,
  {
    name,
    id,
    known,
  }: Omit<FolderItem, 'isFolder'> & { readonly known?: KnownNamespace | undefined },
): Promise<KnownNamespace> {
  const before = new Map(known?.canaries.map((canary) => [canary.key, canary]));
  const folders = await folderItems(delivery, tip, `${ROLLOUTS_FOLDER}/${name}`);
  const canaries = await Promise.all(
    folders.map(async (folder) => {
      const key: CanaryKey = `${name}/${folder.name}`;
      const earlier = before.get(key);
      return earlier?.id === folder.id
        ? earlier
        : readCanary(delivery, tip, key, folder.id, earlier);
    }),
  );
  return { name, id, canaries };
}

async function readCanary(
  delivery: DeliveryRepository,
  tip: string,
  key: CanaryKey,
  id: string,
  earlier: KnownCanary | undefined,
): Promise<KnownCanary> {
  const items = await delivery.items(tip, canaryFolders(key).rollout);
  const fileId = (name: string) => items.find((item) => item.name === name && !item.isFolder)?.id;
  const blobs = {
    record: fileId(RECORD_FILE),
    rejected: fileId(REJECTED_FILE),
    control: fileId(CONTROL_FILE),
  };
  const isSame =
    earlier?.record === blobs.record &&
    earlier?.rejected === blobs.rejected &&
    earlier?.control === blobs.control;
  return { key, id, ...blobs, state: isSame ? earlier?.state : undefined };
}

/** Fills in what has not been read yet. */
async function parseAll(
  delivery: DeliveryRepository,
  canaries: readonly KnownCanary[],
  written: WrittenRecords,
): Promise<void> {
  const unread = canaries.filter(
    ({ record, state }) => record !== undefined && state === undefined,
  );
  const blobs = unread.flatMap(({ record, rejected, control }) => [record, rejected, control]);
  const texts = await delivery.read(blobs.filter((blob) => blob !== undefined));
  for (const canary of unread) canary.state = stateOf(canary, texts, written);
}

function stateOf(
  { key, ...blobs }: KnownCanary,
  texts: ReadonlyMap<string, string>,
  written: WrittenRecords,
): CanaryState {
  const textOf = (blob: string | undefined) => (blob === undefined ? blob : texts.get(blob));
  const record = readRecord(textOf(blobs.record) ?? '', key, written);
  if (record.kind === 'damaged') return { kind: 'damaged', path: recordPath(key), why: record.why };
  const rejected = parseRejected(textOf(blobs.rejected));
  if (rejected.kind === 'damaged') {
    return { kind: 'damaged', path: rejectedPath(key), why: rejected.why };
  }
  const control = parseControl(textOf(blobs.control), controlPath(key));
  return { kind: 'sound', record: record.record, rejected: rejected.entries, control };
}

function readRecord(text: string, canary: CanaryKey, written: WrittenRecords): ParsedRecord {
  const own = written.get(canary);
  written.delete(canary);
  return own?.text === text ? { kind: 'record', record: own.record } : parseRecord(text, canary);
}

/** The canary's three folders at a commit. */
export async function readCanaryFiles(
  delivery: DeliveryRepository,
  commit: string | undefined,
  canary: CanaryKey,
): Promise<Files> {
  return commit === undefined
    ? new Map()
    : readEntries(delivery, await canaryEntries(delivery, commit, canary));
}

/**
 * The same for a decision. The evidence of earlier ones is as long as everything else together and is
 * not read: it stays, or goes, whatever it says.
 */
export async function readFilesToChange(
  delivery: DeliveryRepository,
  commit: string | undefined,
  canary: CanaryKey,
): Promise<Files> {
  if (commit === undefined) return new Map();
  const entries = await canaryEntries(delivery, commit, canary);
  const texts = await readEntries(delivery, withoutEvidence(canary, entries));
  return new Map(entries.map(({ path }) => [path, texts.get(path) ?? '']));
}

export function withoutEvidence(
  canary: CanaryKey,
  entries: readonly TreeEntry[],
): readonly TreeEntry[] {
  return entries.filter(({ path }) => !isEvidence(canary, path));
}

export async function canaryEntries(
  delivery: DeliveryRepository,
  commit: string,
  canary: CanaryKey,
): Promise<readonly TreeEntry[]> {
  const { workloads, traffic, rollout } = canaryFolders(canary);
  const folders = [workloads, traffic, rollout];
  const lists = await Promise.all(folders.map((folder) => delivery.list(commit, folder)));
  return lists.flat();
}

/** A namespace's manifests that belong to no canary, of both trees. */
export async function readCarried(
  delivery: DeliveryRepository,
  commit: string | undefined,
  namespace: string,
): Promise<Files> {
  if (commit === undefined) return new Map();
  const folders = [othersFolder(namespace), leftFolder(namespace)];
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
