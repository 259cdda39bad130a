import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { serin } from '../harness/cli.ts';
import { until } from '../harness/component.ts';
import { apply, kubectl } from '../harness/control-plane.ts';
import { canaryShareInEnvoy, refusedByProxies } from '../harness/envoy.ts';
import { deliveryLog } from '../harness/git.ts';
import type { Stage } from '../harness/stage.ts';
import { envoyRoutes, UNDISTURBED } from '../harness/story.ts';

/** The canary beside it: its steps would be held up as well. */
const EXAMPLE = 'reviews.default';
/** More than an interval: long enough for a wrong decision to be taken. */
const LONG_ENOUGH_MS = 12_000;

/**
 * The route object is as committed, and the proxies do something else. Tables that come in the same
 * update wait with the refused one: meanwhile no canary is judged, and none fails.
 */
export function refusedScenario(stage: Stage): void {
  const { shop, story } = stage;
  const standsStill = () => deliveryLog(EXAMPLE).some((line) => /check failed, 1 of/.test(line));
  describe('a step whose routes Envoy refuses', () => {
    it('is not judged until they are taken, and goes on then', async () => {
      await until('the example stays at one step for a while', standsStill, 200_000);
      apply(...badNeighbour(shop.namespace, shop.port));
      try {
        await until('Envoy refuses it', () => refusedByProxies().has(String(shop.port)));
        stage.release();
        await story.tells(/^canary weight 50/);
        const saysWhy = async () => /data plane/.test(await serin('status'));
        await until('the status says why', saysWhy, 60_000, 1_000);
        await sleep(LONG_ENOUGH_MS);
        expect(await canaryShareInEnvoy(shop.host)).toBe(0);
        expect(story.steps).toEqual(['start', 'canary weight 50']);
      } finally {
        // The table is everybody's: a failure here must not become one of the other scenarios.
        kubectl('delete', 'virtualservice', 'neighbour', '-n', shop.namespace);
      }
      await envoyRoutes(shop, 50);
      await story.tells(/^finish/);
      expect(story.steps).toEqual(UNDISTURBED);
    });
  });
}

/** A total weight of zero: Envoy refuses the whole table of the port. */
function badNeighbour(namespace: string, port: number): readonly object[] {
  const metadata = { name: 'neighbour', namespace };
  const destinations = [{ host: 'neighbour' }, { host: 'neighbour', port: { number: port } }];
  const route = destinations.map((destination) => ({ destination, weight: 0 }));
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ name: 'http', port }], selector: { app: 'neighbour' } },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: { hosts: ['neighbour'], http: [{ match: [{ port }], route }] },
    },
  ];
}
