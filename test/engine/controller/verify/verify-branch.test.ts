import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBranchHistory } from '../../../../engine/adapters/git/branch-history.ts';
import { runPass } from '../../../../engine/controller/pass.ts';
import { verifyBranch } from '../../../../engine/controller/verify/verify-branch.ts';
import type { AuditedCommit } from '../../../../engine/ports/branch-history.ts';
import { BRANCH, instantPorts, isEnd, recordAt } from '../../../integration/instant-world.ts';
import { Remote } from '../../../support/git-sandbox.ts';
import { type Branch, FORGERIES, SIGNATURE_FORGERIES } from './forgeries.ts';

/** The story of the README as it was really committed: v2 is promoted, v3 is rolled back. */
let told: Branch;
const folder = mkdtempSync(join(tmpdir(), 'serin-verify-'));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

beforeAll(async () => {
  const remote = new Remote(folder);
  const clone = remote.clone();
  for (let passes = 0; passes < 40; passes += 1) {
    const ports = await instantPorts(clone);
    if (isEnd(await recordAt(ports.delivery, await clone.tip(BRANCH)))) break;
    const people = () => Promise.resolve([{ name: 'Ada', email: 'ada@example.org' }]);
    await runPass({ ...ports, source: { ...ports.source, people } });
  }
  const commits: AuditedCommit[] = [];
  const history = createBranchHistory({ clone, branch: BRANCH, signatures: false });
  for await (const portion of history.commits()) commits.push(...portion);
  const blobs = commits.flatMap(({ changes }) => changes.flatMap(({ after }) => after ?? []));
  told = { commits, contents: await clone.objects.read(blobs) };
}, 120_000);

function verified({ commits, contents }: Branch, signed = false) {
  const read = (blobs: readonly string[]) =>
    Promise.resolve(new Map(blobs.flatMap((id) => [[id, contents.get(id) ?? ''] as const])));
  async function* portions() {
    yield await Promise.resolve(commits);
  }
  return verifyBranch({ history: { commits: portions }, read }, { signed });
}

describe('a history that the engine made', () => {
  it('follows, commit by commit', async () => {
    expect(await verified(told)).toEqual({ commits: 21, decisions: 21, canaries: 1, people: 0 });
    const named = told.commits.filter(({ message }) => message.includes('\nCo-authored-by: Ada <'));
    expect(named).toHaveLength(3);
  });

  it('follows with the commits of people in between, as long as they keep to their own files', async () => {
    const [first, ...rest] = told.commits;
    if (first === undefined) throw new Error('no history');
    const own = ['README.md', 'rollouts/default/reviews/control.yaml'].map((path) => ({
      path,
      before: undefined,
      after: 'note',
      mode: '100644',
    }));
    const person = { ...first, commit: 'person', message: 'a note\n', changes: own };
    const commits = [first, { ...person, parents: [first.commit] }, ...rest].map(
      (commit, index, all) => ({
        ...commit,
        parents: index === 0 ? [] : [all[index - 1]?.commit ?? ''],
      }),
    );
    const contents = new Map([...told.contents, ['note', 'version: 1\npause: false\n']]);
    expect(await verified({ commits, contents })).toMatchObject({ commits: 22, people: 1 });
  });

  it.each(Object.keys(FORGERIES))('does not follow with a forgery: %s', async (name) => {
    const forged = FORGERIES[name]?.(told) ?? told;
    const { broken } = await verified(forged);
    expect(broken?.why).toMatch(/\w/);
  });

  it.each(Object.keys(SIGNATURE_FORGERIES))(
    'does not follow with %s where each must be signed',
    async (name) => {
      const signed = {
        ...told,
        commits: told.commits.map((commit) => ({ ...commit, signature: 'good' as const })),
      };
      expect((await verified(signed, true)).broken).toBeUndefined();
      const forged = SIGNATURE_FORGERIES[name]?.(signed) ?? signed;
      expect((await verified(forged, true)).broken?.why).toMatch(/sign/);
    },
  );
});
