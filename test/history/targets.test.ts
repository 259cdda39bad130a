import { createTwoFilesPatch } from 'diff';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadSource } from '../../engine/config/load-source.ts';
import { type ForeseenCommit, foresee } from '../../engine/controller/foresee.ts';
import { SAID_NOTHING } from '../../engine/core/control.ts';
import type { RolloutRecord } from '../../engine/core/record.ts';
import { applyChanges, type Files } from '../../engine/render/changeset.ts';
import type { ResolvedCanary } from '../../engine/render/resolved-canary.ts';
import { T0_MS } from '../support/builders.ts';
import { expectGolden } from '../support/golden.ts';

/**
 * What becomes of each kind of target from its first sight to the promotion of a second revision: one
 * golden file per commit that changes a manifest. `source/` holds what both revisions share, `v1/` and
 * `v2/` what differs.
 */
const CASES = join(import.meta.dirname, 'targets');

interface Branch {
  readonly files: Files;
  readonly record: RolloutRecord | undefined;
  readonly nowMs: number;
}

function load(folder: string, version: string) {
  const files = ['source', version].flatMap((part) =>
    readdirSync(join(CASES, folder, part)).map((name) => ({
      path: name,
      text: readFileSync(join(CASES, folder, part, name), 'utf8'),
    })),
  );
  const { canaries, problems, others } = loadSource(files, { established: new Set() });
  expect(problems).toEqual([]);
  const [canary] = canaries;
  if (canary === undefined) throw new Error(`${folder} holds no canary`);
  return { canary, others };
}

function release({ files, record, nowMs }: Branch, canary: ResolvedCanary, others: Files) {
  const isHere = (path: string) => path.includes('/_other/');
  const carried = new Set([...files.keys()].filter(isHere));
  const delivered = new Map([...files].filter(([path]) => !isHere(path)));
  return foresee({
    canary,
    record,
    rejected: [],
    control: SAID_NOTHING,
    delivered,
    carried,
    others,
    tip: undefined,
    sourceCommit: canary.revision,
    nowMs,
  }).commits;
}

/** The manifests that a commit changes, as a patch; nothing for a commit that changes none. */
function patchOf(commit: ForeseenCommit, before: Files): string {
  const patches = commit.changes.flatMap((change) => {
    if (!/^(workloads|traffic)\//.test(change.path)) return [];
    const old = before.get(change.path);
    const text = change.kind === 'write' ? change.text : undefined;
    const [from, to] = [old === undefined, text === undefined];
    return createTwoFilesPatch(
      from ? '/dev/null' : change.path,
      to ? '/dev/null' : change.path,
      old ?? '',
      text ?? '',
    );
  });
  return patches.length === 0 ? '' : `${commit.message.split('\n', 1)[0]}\n\n${patches.join('')}`;
}

const folders = readdirSync(CASES, { withFileTypes: true }).filter((entry) => entry.isDirectory());

it.each(folders.map(({ name }) => name))('the commits for a target are the golden ones: %s', (folder) => {
  const first = load(folder, 'v1');
  const files: [string, string][] = [];
  let branch: Branch = { files: first.others, record: undefined, nowMs: T0_MS };
  for (const { canary, others } of [first, load(folder, 'v2')]) {
    for (const commit of release(branch, canary, others)) {
      const number = String(files.length + 1).padStart(2, '0');
      const patch = patchOf(commit, branch.files);
      if (patch !== '') files.push([`${number}-${commit.change.kind}.patch`, patch]);
      const { record, atMs } = commit;
      branch = { files: applyChanges(branch.files, commit.changes), record, nowMs: atMs };
    }
    expect(branch.record?.phase).toMatch(/Initialized|Succeeded/);
  }
  expectGolden(join('..', 'history', 'targets', folder), new Map(files));
});
