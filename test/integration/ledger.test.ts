import { expect, it } from 'vitest';
import { createBranchHistory } from '../../engine/adapters/git/branch-history.ts';
import { verifyBranch } from '../../engine/controller/verify/verify-branch.ts';
import { parseRejected } from '../../engine/render/rejected-file.ts';
import { Drill } from './drill.ts';
import { BRANCH } from './instant-world.ts';

const HOUR_MS = 3_600_000;
const LEDGER = 'rollouts/default/reviews/rejected.yaml';

const failing = {
  measure: () => Promise.resolve({ kind: 'value', value: 50, samples: 1_200 } as const),
  requests: () => Promise.resolve({ state: 'unmeasured', why: 'not counted here' } as const),
};

function ledgerOf({ remote }: Drill) {
  const ledger = parseRejected(remote.file(BRANCH, LEDGER));
  return ledger.kind === 'damaged' ? [] : ledger.entries;
}

/** A pass that comes later than the world's own clock would have it. */
async function passAfter(drill: Drill, laterMs: number) {
  const { clock } = await drill.ports();
  const nowMs = () => clock.nowMs() + laterMs;
  return drill.pass({ clock: { ...clock, nowMs } });
}

it('a revision that failed is tried again when its entry in the ledger has expired, and not before', async () => {
  const drill = new Drill({ metrics: failing, rejectedForMs: HOUR_MS });
  await drill.until(/clean up/);
  const [entry] = ledgerOf(drill);
  expect(entry?.expiresAtMs).toBe((entry?.rejectedAtMs ?? 0) + HOUR_MS);
  const { canaries } = await passAfter(drill, HOUR_MS / 2);
  expect(canaries).toMatchObject([{ result: { kind: 'blocked' } }]);
  await passAfter(drill, HOUR_MS);
  expect(drill.remote.subjects(BRANCH)[0]).toMatch(/start rollout 2/);
  await drill.until(/clean up/);
  expect(ledgerOf(drill)).toMatchObject([{ revision: entry?.revision, attempts: 1 }]);
  await drill.clone.fetch([BRANCH]);
  const history = createBranchHistory({ clone: drill.clone, branch: BRANCH, signatures: false });
  const read = (blobs: readonly string[]) => drill.clone.objects.read(blobs);
  expect(await verifyBranch({ history, read }, { signed: false })).not.toHaveProperty('broken');
});

it('without an expiry it is not tried again, however long nobody changes or releases it', async () => {
  const drill = new Drill({ metrics: failing });
  await drill.until(/clean up/);
  const { canaries } = await passAfter(drill, 10_000 * HOUR_MS);
  expect(canaries).toMatchObject([{ result: { kind: 'blocked' } }]);
});
