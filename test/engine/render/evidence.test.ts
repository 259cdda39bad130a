import { expect, it } from 'vitest';
import { canaryFolders } from '../../../engine/core/paths.ts';
import { staleEvidence } from '../../../engine/render/evidence.ts';
import { aRunningRecord } from '../../support/builders.ts';

const record = aRunningRecord({}, { number: 3 });
const number = 3;
const folder = `${canaryFolders(record.canary).rollout}/evidence`;

function staleOf(...names: readonly string[]): readonly string[] {
  const files = new Map(names.map((name) => [`${folder}/${name}`, '{}']));
  return staleEvidence(files, record).map((path) => path.slice(folder.length + 1));
}

const evaluations = (rollout: number, count: number) =>
  Array.from({ length: count }, (_, at) => `${rollout}-${String(at + 1).padStart(2, '0')}.json`);

it('evidence of rollouts before the previous one leaves the tree', () => {
  const [older, previous] = [number - 2, number - 1];
  const names = [`${older}-01.json`, `${older}-end.json`, `${previous}-end.json`, 'notes.txt'];
  expect(staleOf(...names)).toEqual([`${older}-01.json`, `${older}-end.json`]);
});

it('of a rollout with more than ten evaluations the oldest leave the tree, and nothing else', () => {
  const names = ['gate', 'end', 'post', 'leave'].map((name) => `${number}-${name}.json`);
  expect(staleOf(...evaluations(number, 10), ...names)).toEqual([]);
  expect(staleOf(...evaluations(number, 102), ...names)).toHaveLength(92);
  expect(staleOf(...evaluations(number, 102))).not.toContain(`${number}-102.json`);
  expect(staleOf(...evaluations(number, 12)).toSorted()).toEqual(evaluations(number, 2));
});
