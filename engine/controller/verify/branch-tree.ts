import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import type { AuditedChange } from '../../ports/branch-history.ts';
import { MOVES_FOLDER, isOthersPath } from '../../core/paths.ts';
import { REFERENCE } from './references.ts';

/** The branch's files by id, brought along from commit to commit: no tree is ever listed. */
export class BranchTree {
  readonly #canaries = new Map<string, Map<string, string>>();
  readonly #others = new Map<string, string>();
  readonly #moves = new Map<string, string>();

  apply(changes: readonly AuditedChange[]): void {
    for (const { path, after } of changes) {
      const files = this.#holderOf(path);
      if (files === undefined) continue;
      if (after === undefined) files.delete(path);
      else files.set(path, after);
    }
  }

  /** The files of a canary's three folders: path → blob. */
  canary(canary: CanaryKey): ReadonlyMap<string, string> {
    return new Map(this.#canaries.get(canary));
  }

  /** What Canaries may name beside their own, as far as this branch holds it. */
  references(): ReadonlyMap<string, string> {
    return new Map([...this.#others].filter(([path]) => REFERENCE.test(path)));
  }

  /** What belongs to no canary: path → blob. */
  others(): ReadonlyMap<string, string> {
    return this.#others;
  }

  /** A file that says what is on its way to another branch. */
  move(path: string): ReadonlyMap<string, string> {
    const blob = this.#moves.get(path);
    return new Map(blob === undefined ? [] : [[path, blob]]);
  }

  #holderOf(path: string): Map<string, string> | undefined {
    if (path.startsWith(`${MOVES_FOLDER}/`)) return this.#moves;
    if (isOthersPath(path)) return this.#others;
    const owner = OWNED.exec(path)?.[1];
    if (owner === undefined) return undefined;
    const known = this.#canaries.get(owner) ?? new Map<string, string>();
    this.#canaries.set(owner, known);
    return known;
  }
}

const OWNED = /^(?:workloads|traffic|rollouts)\/([^/]+\/[^/]+)\//;
