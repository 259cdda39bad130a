import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import type { AuditedChange } from '../../ports/branch-history.ts';

/** The branch's files by id, brought along from commit to commit: no tree is ever listed. */
export class BranchTree {
  readonly #canaries = new Map<string, Map<string, string>>();
  readonly #references = new Map<string, string>();

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

  /** What Canaries may name beside their own: metric templates and alert providers. */
  references(): ReadonlyMap<string, string> {
    return this.#references;
  }

  #holderOf(path: string): Map<string, string> | undefined {
    if (REFERENCE.test(path)) return this.#references;
    const owner = OWNED.exec(path)?.[1];
    if (owner === undefined) return undefined;
    const known = this.#canaries.get(owner) ?? new Map<string, string>();
    this.#canaries.set(owner, known);
    return known;
  }
}

const REFERENCE = /^workloads\/[^/]+\/_other\/(metrictemplate|alertprovider)-/;
const OWNED = /^(?:workloads|traffic|rollouts)\/([^/]+\/[^/]+)\//;
