import { expect, it } from 'vitest';
import { runPass } from '../../engine/controller/pass.ts';
import { Remote } from '../support/git-sandbox.ts';
import { BRANCH, instantPorts, isEnd, recordAt } from './instant-world.ts';

it('a rollback names each commit it undoes, also when a person whose clock is behind commits in between', async () => {
  const remote = new Remote();
  const clone = remote.clone();
  let notes = 0;
  for (let passes = 0; passes < 40; passes += 1) {
    const ports = await instantPorts(clone);
    const record = await recordAt(ports.delivery, await clone.tip(BRANCH));
    if (isEnd(record)) break;
    // Dated before everything the engine does.
    if (record?.rollout?.number === 2 && record.rollout.failedChecks === 1 && notes === 0) {
      notes += 1;
      remote.commit(BRANCH, { 'README.md': 'a note\n' });
      continue;
    }
    await runPass(ports);
  }
  expect(notes).toBe(1);
  const messages = remote.git('log', '-z', '--format=%B', BRANCH).split('\0');
  const rollback = messages.find((message) => message.includes('\nDecision: rollback\n')) ?? '';
  const undone = [...rollback.matchAll(/^Reverts: (\w+)$/gm)].map(([, commit = '']) =>
    remote.git('log', '-1', '--format=%(trailers:key=Decision,valueonly)', commit).trim(),
  );
  expect(undone.at(-1)).toBe('advance');
  expect(undone.length).toBeGreaterThan(0);
});
