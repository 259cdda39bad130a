import { FILE_BYTES_MAX } from '../../core/unread.ts';
import type { TreeEntry } from '../../ports/delivery-repository.ts';
import { BlobStore } from './blob-store.ts';
import { ChangeReader } from './change-reader.ts';
import type { Git } from './create-git.ts';
import { type NewObject, storeLoose } from './loose-objects.ts';
import { ObjectReader } from './object-reader.ts';
import { TreeEditor } from './tree-editor.ts';
import { FOLDER_MODE, formatTree, type TreeItem, TreeStore } from './tree-store.ts';

/** An entry of a tree with its type; submodules and symbolic links have modes of their own. */
export interface ModeEntry extends TreeEntry {
  readonly mode: string;
}

const SUBMODULE = '160000';

/** What is in a clone, read by a few Git processes that stay, and stored without one. */
export class CloneObjects {
  readonly #folder: string;
  readonly #onTrouble: (words: string) => void;
  readonly #blobs: BlobStore;
  readonly #readers: readonly [ObjectReader, ObjectReader];
  readonly #changes: ChangeReader;
  readonly #trees: TreeStore;
  readonly #submodules = new Set<string>();

  /** `onTrouble` is told what Git said when it could not read something. */
  constructor(git: Git, folder: string, onTrouble: (words: string) => void) {
    this.#folder = folder;
    this.#onTrouble = onTrouble;
    const talk = (args: readonly string[]) => git.talk(args);
    const objects = new ObjectReader(talk, 'objects');
    const heads = new ObjectReader(talk, 'heads');
    this.#readers = [objects, heads];
    this.#changes = new ChangeReader(talk);
    this.#trees = new TreeStore(objects);
    this.#blobs = new BlobStore(git, { objects, heads }, FILE_BYTES_MAX);
  }

  /** Ends the processes; they begin anew when something is asked. */
  close(): void {
    for (const reader of [...this.#readers, this.#changes]) reader.close();
  }

  /** Every file below a folder of a commit, or below its root; nothing where there is no folder. */
  tree(commit: string, folder = ''): Promise<readonly ModeEntry[]> {
    return this.#watched(this.#files(commit, folder));
  }

  /** What stands at a path of a commit. */
  find(commit: string, path: string): Promise<TreeItem | undefined> {
    return this.#watched(this.#trees.find(commit, path));
  }

  /** What stands in a folder of a commit, with the ids of files and folders. */
  async items(commit: string, folder: string): Promise<readonly TreeItem[]> {
    const found = await this.find(commit, folder);
    return found?.mode === FOLDER_MODE ? this.#watched(this.#trees.items(found.id)) : [];
  }

  async #files(commit: string, folder: string): Promise<readonly ModeEntry[]> {
    const tree =
      folder === ''
        ? { id: await this.#trees.root(commit), mode: FOLDER_MODE }
        : await this.#trees.find(commit, folder);
    if (tree?.mode !== FOLDER_MODE) return [];
    const prefix = folder === '' ? '' : `${folder}/`;
    const files = await this.#trees.files(tree.id);
    return files.map(({ path, mode, id }) => {
      if (mode === SUBMODULE) this.#submodules.add(id);
      return { path: `${prefix}${path}`, mode, blob: id };
    });
  }

  /** File contents by id, many at once. Submodules and files beyond `FILE_BYTES_MAX` have none. */
  read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const files = blobs.filter((blob) => !this.#submodules.has(blob));
    return this.#watched(this.#blobs.read(files));
  }

  /** The paths in which commits differ from their parents, as Git sees them. */
  changedPaths(commits: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.#watched(this.#changes.read(commits));
  }

  /** The root of a commit's files. */
  root(commit: string): Promise<string> {
    return this.#watched(this.#trees.root(commit));
  }

  /** For commits that are made here. */
  treeEditor(): TreeEditor {
    return new TreeEditor(this.#trees);
  }

  /** Stores what was made here, by id. */
  async store(
    objects: readonly NewObject[],
    trees: ReadonlyMap<string, readonly TreeItem[]>,
  ): Promise<void> {
    const treeObjects = [...trees].map(([id, items]): NewObject => {
      return { id, type: 'tree', content: formatTree(items) };
    });
    await storeLoose(this.#folder, [...treeObjects, ...objects]);
  }

  /** The files of a commit that was just written here need not be read again. */
  rememberFiles(
    commit: string,
    root: string,
    trees: ReadonlyMap<string, readonly TreeItem[]>,
  ): void {
    this.#trees.remember(commit, root, trees);
  }

  /** A content that was just written here need not be read again. */
  remember(blob: string, text: string): void {
    this.#blobs.remember(blob, text);
  }

  async #watched<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.#onTrouble(String(error));
      throw error;
    }
  }
}
