import { expect, it } from 'vitest';
import { CLUSTER_PROVIDERS, openCluster } from '../../../../engine/adapters/cluster/registry.ts';
import { ProblemError } from '../../../../engine/core/errors.ts';

it.each(Object.keys(CLUSTER_PROVIDERS))('the cluster provider %s opens', (provider) => {
  const cluster = openCluster(provider, 'http://127.0.0.1:7000');
  expect(cluster.metricsAddress).toBe('http://127.0.0.1:7000/metrics');
});

it.each(['kubernetes', 'toString', ''])('the cluster provider %j is a problem', (provider) => {
  let thrown: unknown;
  try {
    openCluster(provider, 'http://127.0.0.1:7000');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ProblemError);
  expect((thrown as ProblemError).problems).toMatchObject([
    { code: 'unknown-provider', remedy: 'use one of: playground' },
  ]);
});
