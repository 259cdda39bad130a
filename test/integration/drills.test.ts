import { renameSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runPass } from '../../engine/controller/pass.ts';
import { Drill, undisturbed } from './drill.ts';
import { BRANCH, instantPorts } from './instant-world.ts';

/**
 * Goal: what `docs/recovery.md` says of each trouble is what happens. Method: the seed's canary with
 * real Git, in the middle of whose rollout something goes wrong.
 */
const RECORD = 'rollouts/default/reviews/record.yaml';

const failing = {
  measure: () => Promise.resolve({ kind: 'value', value: 50, samples: 1_200 } as const),
  requests: () => Promise.resolve({ state: 'unmeasured', why: 'not counted here' } as const),
};

describe('Git that is down in the middle of a rollout', () => {
  it('holds everything where it is; on its return the rollback comes first', async () => {
    const drill = new Drill();
    await drill.until(/canary weight 20/);
    const ports = { ...(await instantPorts(drill.clone)), metrics: failing };
    const away = `${drill.remote.folder}.away`;
    renameSync(drill.remote.folder, away);
    for (let pass = 0; pass < 3; pass += 1) {
      const { trouble, canaries } = await runPass(ports, drill.memory);
      expect([trouble?.kind, canaries]).toEqual(['retry', []]);
    }
    renameSync(away, drill.remote.folder);
    const before = drill.remote.subjects(BRANCH).length;
    for (let pass = 0; pass < 8; pass += 1) await drill.pass({ metrics: failing });
    const since = drill.remote.subjects(BRANCH).slice(0, -before);
    const isAdvance = (subject: string) => /canary weight [1-5]0 /.test(subject);
    expect(since.some((subject) => subject.includes('rollback'))).toBe(true);
    expect(since.filter(isAdvance)).toEqual([]);
  });
});

describe('a delivery branch', () => {
  it('that a person has rewound is where the rollout goes on, to the same end', async () => {
    const drill = new Drill();
    await drill.until(/canary weight 30/);
    drill.rewind(2);
    await drill.toTheEnd();
    expect(drill.tree).toBe((await undisturbed()).tree);
  });

  it('that is deleted is not made anew by an engine that knows it', async () => {
    const drill = new Drill();
    await drill.until(/canary weight 20/);
    const tip = drill.remote.git('rev-parse', BRANCH).trim();
    drill.remote.git('update-ref', '-d', `refs/heads/${BRANCH}`);
    const { trouble } = await drill.pass();
    expect(trouble).toMatchObject({
      kind: 'blocked',
      why: 'the delivery branch was there, and is gone',
    });
    expect(drill.remote.git('branch', '--list', BRANCH)).toBe('');
    drill.remote.git('update-ref', `refs/heads/${BRANCH}`, tip);
    await drill.toTheEnd();
    expect(drill.tree).toBe((await undisturbed()).tree);
  });
});

describe('a record that somebody has damaged', () => {
  it('stops its canary by name; once it is restored the rollout goes on, to the same end', async () => {
    const drill = new Drill();
    await drill.until(/canary weight 20/);
    const sound = drill.remote.file(BRANCH, RECORD);
    drill.remote.commit(BRANCH, { [RECORD]: 'version: 1\nphase: [' }, 'by hand');
    const { canaries } = await drill.pass();
    expect(canaries[0]?.result).toMatchObject({ kind: 'blocked' });
    expect(JSON.stringify(canaries[0]?.result)).toContain(RECORD);
    expect(drill.remote.subjects(BRANCH)[0]).toBe('by hand');
    drill.remote.commit(BRANCH, { [RECORD]: sound }, 'restored');
    await drill.toTheEnd();
    expect(drill.manifests).toBe((await undisturbed()).manifests);
  });
});

describe('a clone that is lost', () => {
  it('is made anew, and the rollout goes on, to the same end', async () => {
    const drill = new Drill();
    await drill.until(/canary weight 20/);
    rmSync(drill.clone.folder, { recursive: true });
    await drill.toTheEnd();
    expect(drill.tree).toBe((await undisturbed()).tree);
  });
});
