import { createTwoFilesPatch } from 'diff';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_LABELS, type LabelOptions } from '../../engine/config/label-options.ts';
import { loadSource } from '../../engine/config/load-source.ts';
import { foresee } from '../../engine/controller/foresee.ts';
import { sha256Hex } from '../../engine/core/digest.ts';
import type { FileChange } from '../../engine/core/file-change.ts';
import { verifyBranch } from '../../engine/controller/verify/verify-branch.ts';
import { SAID_NOTHING } from '../../engine/core/control.ts';
import type { AuditedCommit } from '../../engine/ports/branch-history.ts';
import type { RolloutRecord } from '../../engine/core/record.ts';
import { applyChanges, type Files } from '../../engine/render/changeset.ts';
import type { ResolvedCanary } from '../../engine/render/resolved-canary.ts';
import { T0_MS } from '../support/builders.ts';
import { expectGolden } from '../support/golden.ts';

/**
 * What becomes of each kind of target from its first sight to the promotion of a second revision: one
 * golden file per commit that changes a manifest. `source/` holds what both revisions share, `v1/` and
 * `v2/` what differs, and `labels.yaml` the operator's choice of labels.
 */
const CASES = join(import.meta.dirname, 'targets');

interface Branch {
  readonly files: Files;
  readonly record: RolloutRecord | undefined;
  readonly nowMs: number;
}

function labelsOf(folder: string): LabelOptions {
  const path = join(CASES, folder, 'labels.yaml');
  return existsSync(path) ? (parse(readFileSync(path, 'utf8')) as LabelOptions) : DEFAULT_LABELS;
}

function load(folder: string, version: string) {
  const files = ['source', version]
    .filter((part) => existsSync(join(CASES, folder, part)))
    .flatMap((part) =>
      readdirSync(join(CASES, folder, part)).map((name) => ({
        path: name,
        text: readFileSync(join(CASES, folder, part, name), 'utf8'),
      })),
    );
  const labels = labelsOf(folder);
  const { canaries, problems, others, held } = loadSource(files, { established: new Set(), labels });
  expect(problems).toEqual([]);
  const [canary] = canaries;
  if (canary === undefined) throw new Error(`${folder} holds no canary`);
  return { canary, others, held };
}

const isCarriedOver = (path: string) => path.includes('/_other/');

function release(
  { files, record, nowMs }: Branch,
  canary: ResolvedCanary,
  held: Files,
  tip: string | undefined,
) {
  return foresee({
    canary,
    record,
    rejected: [],
    control: SAID_NOTHING,
    delivered: new Map([...files].filter(([path]) => !isCarriedOver(path))),
    carried: new Map([...files].filter(([path]) => isCarriedOver(path))),
    held,
    tip,
    sourceCommit: canary.revision,
    nowMs,
  }).commits;
}

/** A commit that stands on the branch, with what it says beside what it changes. */
interface Told {
  readonly id: string;
  readonly message: string;
  readonly kind: string;
  readonly atMs: number;
  readonly changes: readonly FileChange[];
  readonly before: Files;
}

/** Everything that is committed until the second revision is promoted. */
function historyOf(folder: string): readonly Told[] {
  const told: Told[] = [];
  let branch: Branch = { files: new Map(), record: undefined, nowMs: T0_MS };
  const tell = (commit: Omit<Told, 'id' | 'before'>) => {
    const id = sha256Hex(`${folder} ${told.length}`).slice(0, 40);
    told.push({ ...commit, id, before: branch.files });
    branch = {
      ...branch,
      files: applyChanges(branch.files, commit.changes),
      nowMs: commit.atMs,
    };
  };
  for (const { canary, others, held } of ['v1', 'v2'].map((version) => load(folder, version))) {
    const carriedOver = [...others]
      .filter(([path, text]) => branch.files.get(path) !== text)
      .map(([path, text]) => ({ kind: 'write' as const, path, text }));
    const message = 'delivery: carry over\n\nDecision: carry-over\n';
    if (carriedOver.length > 0) {
      tell({ message, kind: 'carry-over', atMs: branch.nowMs, changes: carriedOver });
    }
    for (const commit of release(branch, canary, held, told.at(-1)?.id)) {
      tell({ ...commit, kind: commit.change.kind });
      branch = { ...branch, record: commit.record };
    }
    expect(branch.record?.phase).toMatch(/Initialized|Succeeded/);
  }
  return told;
}

/** The manifests that a commit changes, as a patch; nothing for a commit that changes none. */
function patchOf({ changes, before, message }: Told): string {
  const patches = changes.flatMap((change) => {
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
  return patches.length === 0 ? '' : `${message.split('\n', 1)[0]}\n\n${patches.join('')}`;
}

/** As verification reads it; contents stand for their own ids. */
function audited({ id, message, atMs, changes, before }: Told, parent: Told | undefined) {
  return {
    commit: id,
    parents: parent === undefined ? [] : [parent.id],
    author: 'Serin',
    committedMs: Math.floor(atMs / 1_000) * 1_000,
    message,
    changes: changes.map((change) => ({
      path: change.path,
      before: before.get(change.path),
      after: change.kind === 'write' ? change.text : undefined,
      mode: '100644',
    })),
    signature: 'unchecked',
  } satisfies AuditedCommit;
}

async function brokenOf(told: readonly Told[]) {
  const commits = told.map((commit, index) => audited(commit, told[index - 1]));
  const history = {
    async *commits() {
      yield await Promise.resolve(commits);
    },
  };
  const read = (ids: readonly string[]) => Promise.resolve(new Map(ids.map((id) => [id, id])));
  return (await verifyBranch({ history, read }, { signed: false })).broken;
}

const folders = readdirSync(CASES, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe.each(folders.map(({ name }) => name))('the commits for a target: %s', (folder) => {
  const told = historyOf(folder);

  it('are the golden ones', () => {
    const patches = told
      .filter(({ kind }) => kind !== 'carry-over')
      .map((commit) => [commit.kind, patchOf(commit)] as const)
      .filter(([, patch]) => patch !== '');
    const files = patches.map(([kind, patch], index) => {
      return [`${String(index + 1).padStart(2, '0')}-${kind}.patch`, patch] as const;
    });
    expectGolden(join('..', 'history', 'targets', folder), new Map(files));
  });

  it('follow from each other, as verification takes them', async () => {
    expect(await brokenOf(told)).toBeUndefined();
  });
});

it.each([
  ['a copy says what was not released', 'configs', /podinfo\/configmap-/, 'COLOR: ', 'COLOR: dark'],
  ['a track leads elsewhere', 'service', /service-podinfo-canary\.yaml$/, 'version: ', 'version: v'],
  ['an autoscaler has another bound', 'hpa', /autoscaler-.*-primary\.yaml$/, 'maxReplicas: ', '$&9'],
  ['a primary shows a label more', 'labels', /-primary\.yaml$/, 'team/name: ', 'team/x: y\n    $&'],
])('no commit follows in which %s', async (_, folder, path, from, to) => {
  const told = historyOf(folder);
  const forged = told.findLastIndex(({ changes }) => 
    changes.some((each) => each.kind === 'write' && path.test(each.path)),
  );
  const commits = told.map((commit, index) => ({
    ...commit,
    changes: commit.changes.map((change) =>
      index === forged && change.kind === 'write' && path.test(change.path)
        ? { ...change, text: change.text.replace(from, to) }
        : change,
    ),
  }));
  expect(commits).not.toEqual(told);
  expect((await brokenOf(commits))?.commit).toBe(told[forged]?.id);
});
