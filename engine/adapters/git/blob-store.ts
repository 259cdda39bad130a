import { LRUCache } from 'lru-cache';
import type { Git } from './create-git.ts';
import type { ObjectHead, ObjectReader } from './object-reader.ts';
import { lastWords } from './push-outcome.ts';

/** Enough for what the decisions of a few seconds read again; everything is in the clone. */
const CACHE_BYTES = 8 * 1024 * 1024;
/** Rendered manifests and records are a few kilobytes each. */
const READ_BYTES_MAX = 256 * 1024 * 1024;

/**
 * File contents of a blobless clone. Who asks while others are being answered waits and is answered
 * together with all who came meanwhile; what is not at hand is fetched in one request.
 */
export class BlobStore {
  readonly #git: Git;
  readonly #objects: ObjectReader;
  readonly #checks: ObjectReader;
  readonly #bytesMax: number;
  readonly #texts = new LRUCache<string, string>({
    maxSize: CACHE_BYTES,
    sizeCalculation: (text) => text.length + 64,
  });
  #asked = new Set<string>();
  #next: Promise<ReadonlyMap<string, string>> | undefined;
  #answering: Promise<unknown> = Promise.resolve();

  /** A file that is larger than `bytesMax` is left out: it is not even read. */
  constructor(
    git: Git,
    readers: { readonly objects: ObjectReader; readonly heads: ObjectReader },
    bytesMax: number,
  ) {
    this.#git = git;
    this.#objects = readers.objects;
    this.#checks = readers.heads;
    this.#bytesMax = bytesMax;
  }

  /** Contents by id. */
  async read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    const missing = new Set<string>();
    for (const blob of blobs) {
      const text = this.#texts.get(blob);
      if (text === undefined) missing.add(blob);
      else texts.set(blob, text);
    }
    if (missing.size === 0) return texts;
    const answer = await this.#together(missing);
    for (const blob of missing) {
      const text = answer.get(blob);
      if (text !== undefined) texts.set(blob, text);
    }
    return texts;
  }

  /** A content that was just written here need not be read again. */
  remember(blob: string, text: string): void {
    this.#texts.set(blob, text);
  }

  #together(blobs: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
    for (const blob of blobs) this.#asked.add(blob);
    this.#next ??= this.#answering.then(() => {
      const asked = [...this.#asked];
      this.#asked = new Set();
      this.#next = undefined;
      return this.#answer(asked);
    });
    this.#answering = this.#next.catch(() => {});
    return this.#next;
  }

  async #answer(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const heads = await this.#heads(blobs);
    const readable = heads.filter(({ type, bytes }) => type === 'blob' && bytes <= this.#bytesMax);
    const bytes = readable.reduce((sum, head) => sum + head.bytes, 0);
    if (bytes > READ_BYTES_MAX) {
      throw new Error(`${readable.length} files hold ${bytes} bytes, more than ${READ_BYTES_MAX}`);
    }
    const texts = new Map<string, string>();
    await Promise.all(
      readable.map(async ({ id }) => {
        const object = await this.#objects.read(id);
        if (object === undefined) return;
        const text = object.content.toString('utf8');
        this.#texts.set(id, text);
        texts.set(id, text);
      }),
    );
    return texts;
  }

  /** Types and sizes; what is not here is fetched in one request. */
  async #heads(blobs: readonly string[]): Promise<readonly ObjectHead[]> {
    const asked = await this.#askHeads(blobs);
    const missing = blobs.filter((_, index) => asked[index] === undefined);
    if (missing.length === 0) return asked.filter((head) => head !== undefined);
    await this.#fetch(missing);
    const fetched = await this.#askHeads(missing);
    return [...asked, ...fetched].filter((head) => head !== undefined);
  }

  #askHeads(blobs: readonly string[]): Promise<readonly (ObjectHead | undefined)[]> {
    return Promise.all(blobs.map((blob) => this.#checks.read(blob)));
  }

  async #fetch(blobs: readonly string[]): Promise<void> {
    const flags = ['--no-tags', '--no-write-fetch-head', '--filter=blob:none', '--stdin'];
    const args = ['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', ...flags, 'origin'];
    const { code, stderr } = await this.#git.remote(args, { input: `${blobs.join('\n')}\n` });
    if (code !== 0) throw new Error(lastWords(stderr));
  }
}
