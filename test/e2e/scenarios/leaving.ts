import { beforeAll, describe, it } from 'vitest';
import { until } from '../harness/component.ts';
import { kubectl } from '../harness/control-plane.ts';
import { commitSource, removeSource } from '../harness/git.ts';
import type { Stage } from '../harness/stage.ts';

const KINDS = 'canaries,deployments,services,virtualservices,destinationrules';

/** A source that holds nothing at all is taken for one that could not be read. */
const REST = {
  'rest.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: default }\ndata: { stays: "true" }\n',
};

/** Comes after all rollouts: the delivery branch has no canary then, and no manifest of one. */
export function leavingScenario({ shop }: Stage): void {
  describe('canaries that are taken out of the source with their targets', () => {
    beforeAll(() => void commitSource(REST, 'settings of everybody'));

    it.each([
      ['one of two', shop.namespace],
      ['the last one', 'default'],
    ])('leave nothing behind: %s', async (_, namespace) => {
      removeSource(`${namespace}/${shop.name}`);
      const left = () =>
        kubectl('get', KINDS, '-n', namespace, '-o', 'name')
          .split('\n')
          .filter((name) => name.includes(`/${shop.name}`));
      await until('nothing is left of it', () => left().length === 0, 60_000);
    });
  });
}
