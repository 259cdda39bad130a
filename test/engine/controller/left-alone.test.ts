import { expect, it } from 'vitest';
import { loadSource, type LoadedSource } from '../../../engine/config/load-source.ts';
import type { CanaryState } from '../../../engine/controller/delivery-state.ts';
import { leftAlone } from '../../../engine/controller/survey.ts';
import { SAID_NOTHING } from '../../../engine/core/control.ts';
import { aRecord } from '../../support/builders.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';

const KEY = 'default/reviews';
const SOUND: CanaryState = {
  kind: 'sound',
  record: aRecord(),
  rejected: [],
  control: SAID_NOTHING,
};

function resultFor(source: LoadedSource, state: CanaryState = SOUND) {
  const [proposal, ...others] = leftAlone({ loaded: source, states: new Map([[KEY, state]]) });
  expect(others).toEqual([]);
  return proposal?.outcome.result;
}

function sourceOf(...texts: readonly string[]): LoadedSource {
  const files = texts.map((text, index) => ({ path: `${index}.yaml`, text }));
  return loadSource(files, { established: new Set([KEY]) });
}

it('a canary that can be read is not left alone', () => {
  expect(resultFor(sourceOf(aCanaryFile(), aDeploymentFile()))).toBeUndefined();
});

it('a canary with a mistake is left alone for it', () => {
  const mistaken = aCanaryFile({ stepWeight: 101 });
  expect(resultFor(sourceOf(mistaken, aDeploymentFile()))).toMatchObject({
    kind: 'blocked',
    why: expect.stringContaining('stepWeight is 101'),
  });
});

it('a canary that may stand in a file which cannot be read has not left', () => {
  expect(resultFor(sourceOf('kind: [', aDeploymentFile()))).toMatchObject({
    kind: 'blocked',
    why: expect.stringContaining('could not be read completely: it stays as it is'),
    remedy: expect.stringContaining('serin validate'),
  });
});

it('a canary that has left, and whose target cannot be read, stays until it can', () => {
  expect(resultFor(sourceOf(aDeploymentFile()))).toMatchObject({
    kind: 'blocked',
    why: expect.stringContaining('its target there cannot be read'),
    remedy: expect.stringContaining('leaves by itself'),
  });
});

it('a canary that has left with a damaged record is named with the file to restore', () => {
  const damaged = { kind: 'damaged', path: 'rollouts/x/record.yaml', why: 'no YAML' } as const;
  expect(resultFor(sourceOf(aDeploymentFile()), damaged)).toEqual({
    kind: 'blocked',
    why: 'record-damaged: rollouts/x/record.yaml: no YAML',
    remedy: 'restore rollouts/x/record.yaml from the commit before it was changed',
  });
});
