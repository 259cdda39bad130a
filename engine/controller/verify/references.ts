import type { BranchHistory } from '../../ports/branch-history.ts';

/** Files by path → blob, from an instant on. */
interface Snapshot {
  readonly fromMs: number;
  readonly files: ReadonlyMap<string, string>;
}

/** What Canaries may name beside their own: metric templates and alert providers. */
export const REFERENCE = /^workloads\/[^/]+\/_other\/(metrictemplate|alertprovider)-/;

/**
 * What Canaries name, as other branches of the delivery target held it over time. Between branches
 * there is no order but that of the clock, and what one engine read at once it may have delivered
 * shortly one after the other: so the versions before and after count as well.
 */
export class OtherReferences {
  readonly #snapshots: readonly Snapshot[];

  private constructor(snapshots: readonly Snapshot[]) {
    this.#snapshots = snapshots;
  }

  static async read(histories: readonly BranchHistory[]): Promise<OtherReferences> {
    const changes: { atMs: number; path: string; after: string | undefined }[] = [];
    for (const history of histories) {
      for await (const portion of history.commits()) {
        for (const { committedMs: atMs, changes: each } of portion) {
          for (const { path, after } of each) {
            if (REFERENCE.test(path)) changes.push({ atMs, path, after });
          }
        }
      }
    }
    const snapshots: Snapshot[] = [{ fromMs: -Infinity, files: new Map() }];
    const byTime = Map.groupBy(
      changes.toSorted((a, b) => a.atMs - b.atMs),
      ({ atMs }) => atMs,
    );
    for (const [fromMs, each] of byTime) {
      const files = new Map(snapshots.at(-1)?.files);
      for (const { path, after } of each) {
        if (after === undefined) files.delete(path);
        else files.set(path, after);
      }
      snapshots.push({ fromMs, files });
    }
    return new OtherReferences(snapshots);
  }

  around(atMs: number): readonly ReadonlyMap<string, string>[] {
    const at = this.#snapshots.findLastIndex(({ fromMs }) => fromMs <= atMs);
    const near = [this.#snapshots[at], this.#snapshots[at + 1], this.#snapshots[at - 1]];
    return near.flatMap((snapshot) => (snapshot === undefined ? [] : [snapshot.files]));
  }
}
