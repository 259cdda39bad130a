import { LRUCache } from 'lru-cache';
import type { Git } from './create-git.ts';
import { lastWords } from './push-outcome.ts';

const CACHE_BYTES = 64 * 1024 * 1024;
/** Rendered manifests and records are a few kilobytes each. */
const READ_BYTES_MAX = 256 * 1024 * 1024;

/** File contents of a blobless clone. What is not at hand is fetched in one request, never one by one. */
export class BlobStore {
  readonly #git: Git;
  readonly #texts = new LRUCache<string, string>({
    maxSize: CACHE_BYTES,
    sizeCalculation: (text) => text.length + 64,
  });

  constructor(git: Git) {
    this.#git = git;
  }

  /** Contents by id. One that is larger than `bytesMax` is left out: it is not even read. */
  async read(blobs: readonly string[], bytesMax: number): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    const missing = new Set<string>();
    for (const blob of blobs) {
      const text = this.#texts.get(blob);
      if (text === undefined) missing.add(blob);
      else texts.set(blob, text);
    }
    if (missing.size === 0) return texts;
    await this.#fetch([...missing]);
    const readable = await this.#upTo(bytesMax, [...missing]);
    for (const [blob, text] of await this.#catFiles(readable)) {
      this.#texts.set(blob, text);
      texts.set(blob, text);
    }
    return texts;
  }

  /** A content that was just written here need not be read again. */
  remember(blob: string, text: string): void {
    this.#texts.set(blob, text);
  }

  async #fetch(blobs: readonly string[]): Promise<void> {
    const wanted = await this.#notHere(blobs);
    if (wanted.length === 0) return;
    const flags = ['--no-tags', '--no-write-fetch-head', '--filter=blob:none', '--stdin'];
    const args = ['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', ...flags, 'origin'];
    const { code, stderr } = await this.#git.remote(args, { input: lines(wanted) });
    if (code !== 0) throw new Error(lastWords(stderr));
  }

  /** Which objects are not in the local store. */
  async #notHere(blobs: readonly string[]): Promise<readonly string[]> {
    const args = ['rev-list', '--no-walk', '--objects', '--missing=print', '--stdin'];
    const { code, stdout } = await this.#git.pipe(args, lines(blobs));
    if (code !== 0) return blobs;
    const listed = stdout.toString('utf8').split('\n');
    return listed.filter((line) => line.startsWith('?')).map((line) => line.slice(1));
  }

  async #upTo(bytesMax: number, blobs: readonly string[]): Promise<readonly string[]> {
    const args = ['cat-file', '--batch-check=%(objectname) %(objecttype) %(objectsize)'];
    const { code, stdout, stderr } = await this.#git.pipe(args, lines(blobs));
    if (code !== 0) throw new Error(lastWords(stderr));
    const readable: string[] = [];
    let bytes = 0;
    for (const line of stdout.toString('utf8').split('\n')) {
      const [id = '', type, size] = line.split(' ');
      if (type !== 'blob' || Number(size) > bytesMax) continue;
      readable.push(id);
      bytes += Number(size);
    }
    if (bytes > READ_BYTES_MAX) {
      throw new Error(`${readable.length} files hold ${bytes} bytes, more than ${READ_BYTES_MAX}`);
    }
    return readable;
  }

  async #catFiles(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (blobs.length === 0) return new Map();
    const { code, stdout, stderr } = await this.#git.pipe(['cat-file', '--batch'], lines(blobs));
    if (code !== 0) throw new Error(lastWords(stderr));
    const texts = new Map<string, string>();
    for (let offset = 0; offset < stdout.length;) {
      const lineEnd = stdout.indexOf(0x0a, offset);
      const [id = '', type, size] = stdout.toString('utf8', offset, lineEnd).split(' ');
      offset = lineEnd + 1;
      if (type !== 'blob') continue;
      texts.set(id, stdout.toString('utf8', offset, offset + Number(size)));
      offset += Number(size) + 1;
    }
    return texts;
  }
}

function lines(items: readonly string[]): string {
  return `${items.join('\n')}\n`;
}
