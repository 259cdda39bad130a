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

export const FOLDER_MODE = '40000';

/** Trees of a fleet and of the commits around its tip, an entry being about 150 bytes. */
const ENTRIES_KEPT = 150_000;
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

  async items(tree: string): Promise<readonly TreeItem[]> {
    const known = this.#trees.get(tree);
    if (known !== undefined) return known;
    const object = await this.#reader.read(tree);
    if (object?.type !== 'tree') throw new Error(`fatal: bad tree object ${tree}`);
    const items = parseTree(object.content, object.id.length / 2);
    this.#trees.set(tree, items);
    return items;
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
      mode: content.toString('latin1', at, space),
      name: content.toString('utf8', space + 1, nul),
      id: content.toString('hex', nul + 1, nul + 1 + idBytes),
    });
    at = nul + 1 + idBytes;
  }
  return items;
}
