import { describe, expect, it } from 'vitest';
import { loadSource } from '../../../engine/config/load-source.ts';
import type { CanaryState } from '../../../engine/controller/delivery-state.ts';
import { NEW_CANARY, readCanaryFiles } from '../../../engine/controller/delivery-state.ts';
import { withLeftCanaries } from '../../../engine/controller/left-canaries.ts';
import type { DeliveryRepository } from '../../../engine/ports/delivery-repository.ts';
import { aRecord } from '../../support/builders.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';

const KEY = 'default/reviews';
const FOLDER = 'workloads/default/reviews';
const DELIVERED = {
  [`${FOLDER}/canary-reviews.yaml`]: aCanaryFile(),
  [`${FOLDER}/deployment-reviews.yaml`]: aDeploymentFile({ version: 'v1', replicas: 0 }),
  [`${FOLDER}/deployment-reviews-primary.yaml`]: aDeploymentFile({ name: 'reviews-primary' }),
};
const TEAM = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: team}\n';

/** The source as it is looked after, with one canary on the branch. */
async function looked(
  source: Readonly<Record<string, string>>,
  delivered: Readonly<Record<string, string>> = DELIVERED,
) {
  const files = Object.entries(source).map(([path, text]) => ({ path, text }));
  const delivery = {
    list: (_: string, folder: string) =>
      Promise.resolve(
        Object.entries(delivered)
          .filter(([path]) => path.startsWith(`${folder}/`))
          .map(([path, text]) => ({ path, blob: text })),
      ),
    read: (blobs: readonly string[]) => Promise.resolve(new Map(blobs.map((text) => [text, text]))),
  } as unknown as DeliveryRepository;
  const state: CanaryState = { ...NEW_CANARY, record: aRecord() } as CanaryState;
  const loaded = loadSource(files, { established: new Set([KEY]) });
  return withLeftCanaries(loaded, new Map([[KEY, state]]), (canary) =>
    readCanaryFiles(delivery, 'tip', canary),
  );
}

describe('a canary that the source holds no more', () => {
  it('is looked after, with its target as the source has it now', async () => {
    const { canaries } = await looked({
      'd.yaml': aDeploymentFile({ version: 'v2', replicas: 3 }),
    });
    expect(canaries).toMatchObject([
      { key: KEY, removed: { target: 'stays' }, written: { spec: { replicas: 3 } } },
    ]);
  });

  it('is not missed as long as its Canary is there, however broken', async () => {
    const broken = aCanaryFile().replace('threshold:', 'treshold:');
    const { canaries } = await looked({ 'c.yaml': broken, 'd.yaml': aDeploymentFile() });
    expect(canaries).toEqual([]);
  });

  it('has not left a source of which a file cannot be read', async () => {
    const { canaries } = await looked({ 'd.yaml': aDeploymentFile(), 'x.yaml': 'a: [' });
    expect(canaries).toEqual([]);
  });

  it('has left together with its target', async () => {
    const { canaries } = await looked({ 'team.yaml': TEAM });
    expect(canaries).toMatchObject([{ key: KEY, removed: { target: 'removed' } }]);
  });

  it('whose target is to have no replicas says so', async () => {
    const { canaries } = await looked({ 'd.yaml': aDeploymentFile({ replicas: 0 }) });
    expect(canaries).toMatchObject([{ removed: { target: 'idle' } }]);
  });

  it('is left as it is when its target is there and cannot be read', async () => {
    const text = aDeploymentFile().replace('matchLabels', 'matchExpressions');
    const { canaries } = await looked({ 'd.yaml': text });
    expect(canaries).toEqual([]);
  });

  it('needs no metric template that has left with it', async () => {
    const template =
      '      metrics:\n        - {name: own, interval: 1m, templateRef: {name: own}}\n';
    const text = aCanaryFile().replace(
      / {4}metrics:\n[\s\S]*$/,
      template.replaceAll(/^ {2}/gm, ''),
    );
    expect(text).toContain('templateRef');
    const delivered = { ...DELIVERED, [`${FOLDER}/canary-reviews.yaml`]: text };
    const { canaries } = await looked({ 'd.yaml': aDeploymentFile() }, delivered);
    expect(canaries).toMatchObject([{ removed: { target: 'stays' } }]);
  });

  it('keeps its target until it has left, also from a Canary that takes its place', async () => {
    const renamed = aCanaryFile({ name: 'other' }).replace(
      /(targetRef:[\s\S]*?name: )other/,
      '$1reviews',
    );
    const { canaries, problems } = await looked({ 'c.yaml': renamed, 'd.yaml': aDeploymentFile() });
    expect(canaries.map(({ key }) => key)).toEqual([KEY]);
    expect(problems).toMatchObject([{ code: 'target-shared', canary: 'default/other' }]);
  });
});
