import { LRUCache } from 'lru-cache';
import type { ObjectReader } from './object-reader.ts';

/** An entry of one tree object. */
export interface TreeItem {
  readonly name: string;
  /** As Git writes it: `100644`, `40000` for a folder, `120000` for a link, `160000` for a submodule. */
  readonly mode: string;
  readonly id: string;
}

/** A file anywhere below a folder, with the path from there. */
export interface FileItem {
  readonly path: string;
  readonly mode: string;
  readonly id: string;
}

export const FILE_MODE = '100644';
export const FOLDER_MODE = '40000';

/** Trees of two thousand canaries and of the commits around their tip, an entry being about 150 bytes. */
const ENTRIES_KEPT = 60_000;
const ROOTS_KEPT = 1_000;

/**
 * Trees by their ids. What a commit left alone has the id that it had before, so that only folders
 * that were changed are ever read again, however many there are.
 */
export class TreeStore {
  readonly #reader: ObjectReader;
  readonly #trees = new LRUCache<string, readonly TreeItem[]>({
    maxSize: ENTRIES_KEPT,
    sizeCalculation: (items) => items.length + 1,
  });
  /** Many look for what stands in the same folder at once. */
  readonly #reading = new Map<string, Promise<readonly TreeItem[]>>();
  readonly #roots = new LRUCache<string, string>({ max: ROOTS_KEPT });

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  /** @throws Error where the commit is not here */
  async root(commit: string): Promise<string> {
    const known = this.#roots.get(commit);
    if (known !== undefined) return known;
    const tree = await this.#reader.read(`${commit}^{tree}`);
    if (tree?.type !== 'tree') throw new Error(`fatal: bad object ${commit}`);
    this.#roots.set(commit, tree.id);
    this.#trees.set(tree.id, parseTree(tree.content, tree.id.length / 2));
    return tree.id;
  }

  items(tree: string): Promise<readonly TreeItem[]> {
    const known = this.#trees.get(tree);
    if (known !== undefined) return Promise.resolve(known);
    const under = this.#reading.get(tree);
    if (under !== undefined) return under;
    const read = this.#read(tree).finally(() => this.#reading.delete(tree));
    this.#reading.set(tree, read);
    return read;
  }

  async #read(tree: string): Promise<readonly TreeItem[]> {
    const object = await this.#reader.read(tree);
    if (object?.type !== 'tree') throw new Error(`fatal: bad tree object ${tree}`);
    const items = parseTree(object.content, object.id.length / 2);
    this.#trees.set(tree, items);
    return items;
  }

  /** What was just written to the clone need not be read again: trees by id, and the root of a commit. */
  remember(commit: string, root: string, trees: ReadonlyMap<string, readonly TreeItem[]>): void {
    for (const [id, items] of trees) this.#trees.set(id, items);
    this.#roots.set(commit, root);
  }

  /** What stands at a path of a commit; a file on the way there is no folder. */
  async find(commit: string, path: string): Promise<TreeItem | undefined> {
    let item: TreeItem | undefined;
    let tree = await this.root(commit);
    for (const name of path.split('/')) {
      if (item !== undefined && item.mode !== FOLDER_MODE) return undefined;
      item = (await this.items(tree)).find((each) => each.name === name);
      if (item === undefined) return undefined;
      tree = item.id;
    }
    return item;
  }

  /** Every file below a tree, in the order of Git. */
  async files(tree: string, prefix = ''): Promise<readonly FileItem[]> {
    const items = await this.items(tree);
    const found = await Promise.all(
      items.map(({ name, mode, id }) =>
        mode === FOLDER_MODE
          ? this.files(id, `${prefix}${name}/`)
          : Promise.resolve([{ path: `${prefix}${name}`, mode, id }]),
      ),
    );
    return found.flat();
  }
}

/** A folder stands where its name with a slash behind it would. */
export function inTreeOrder(items: readonly TreeItem[]): readonly TreeItem[] {
  const keyed = items.map((item) => ({
    item,
    key: Buffer.from(item.mode === FOLDER_MODE ? `${item.name}/` : item.name),
  }));
  return keyed.toSorted((a, b) => Buffer.compare(a.key, b.key)).map(({ item }) => item);
}

/** The content of the tree object; the items are in its order. */
export function formatTree(items: readonly TreeItem[]): Buffer {
  const parts = items.flatMap(({ name, mode, id }) => [
    Buffer.from(`${mode} ${name}\0`),
    Buffer.from(id, 'hex'),
  ]);
  return Buffer.concat(parts);
}

/**
 * Mode, space, name, NUL and the id as bytes, again and again.
 * @see https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_tree_objects
 */
function parseTree(content: Buffer, idBytes: number): readonly TreeItem[] {
  const items: TreeItem[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const nul = content.indexOf(0x00, space);
    items.push({
      mode: shared(content.toString('latin1', at, space)),
      name: content.toString('utf8', space + 1, nul),
      id: content.toString('hex', nul + 1, nul + 1 + idBytes),
    });
    at = nul + 1 + idBytes;
  }
  return items;
}

/** There are a handful of modes, and many entries. */
function shared(mode: string): string {
  return MODES.get(mode) ?? mode;
}

const MODES = new Map(
  [FILE_MODE, '100755', '120000', '160000', FOLDER_MODE].map((mode) => [mode, mode]),
);
