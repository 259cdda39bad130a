import type { FileChange } from '../../core/file-change.ts';
import { objectId } from './commit-object.ts';
import {
  FILE_MODE,
  FOLDER_MODE,
  formatTree,
  inTreeOrder,
  type TreeItem,
  type TreeStore,
} from './tree-store.ts';

/** What becomes of a name in a folder: a file, nothing, or changes below it. */
type Edit = string | undefined | FolderEdit;
type FolderEdit = Map<string, Edit>;

/**
 * Makes the trees that commits have after their changes, as `git fast-import` would: a folder that loses
 * its last file is gone, and what stands in the way of a file or a folder gives way.
 */
export class TreeEditor {
  readonly #trees: TreeStore;
  readonly #made = new Map<string, readonly TreeItem[]>();

  constructor(trees: TreeStore) {
    this.#trees = trees;
  }

  /** The trees made so far, by id. They are nowhere else yet. */
  get made(): ReadonlyMap<string, readonly TreeItem[]> {
    return this.#made;
  }

  /** The id of the tree that a root becomes, if only an empty one. */
  async edit(root: string | undefined, changes: readonly FileChange[]): Promise<string> {
    return (await this.#edit(root, editsOf(changes))) ?? this.#make([]);
  }

  async #edit(tree: string | undefined, edits: FolderEdit): Promise<string | undefined> {
    const before = tree === undefined ? [] : await this.#items(tree);
    const items = new Map(before.map((item) => [item.name, item]));
    for (const [name, edit] of edits) {
      const after = await this.#edited(items.get(name), name, edit);
      if (after === undefined) items.delete(name);
      else items.set(name, after);
    }
    return items.size === 0 ? undefined : this.#make(inTreeOrder([...items.values()]));
  }

  async #edited(
    before: TreeItem | undefined,
    name: string,
    edit: Edit,
  ): Promise<TreeItem | undefined> {
    if (edit === undefined) return undefined;
    if (typeof edit === 'string') return { name, mode: FILE_MODE, id: edit };
    const folder = before?.mode === FOLDER_MODE ? before : undefined;
    const tree = await this.#edit(folder?.id, edit);
    if (tree !== undefined) return { name, mode: FOLDER_MODE, id: tree };
    // Below a file there is nothing to delete.
    return folder === undefined ? before : undefined;
  }

  #items(tree: string): Promise<readonly TreeItem[]> {
    const made = this.#made.get(tree);
    return made === undefined ? this.#trees.items(tree) : Promise.resolve(made);
  }

  #make(items: readonly TreeItem[]): string {
    const id = objectId('tree', formatTree(items));
    this.#made.set(id, items);
    return id;
  }
}

function editsOf(changes: readonly FileChange[]): FolderEdit {
  const root: FolderEdit = new Map();
  for (const change of changes) {
    const folders = change.path.split('/');
    const name = folders.pop() ?? '';
    let folder = root;
    for (const each of folders) {
      const known = folder.get(each);
      const next: FolderEdit = known instanceof Map ? known : new Map();
      folder.set(each, next);
      folder = next;
    }
    folder.set(name, change.kind === 'write' ? objectId('blob', change.text) : undefined);
  }
  return root;
}
