import { stringify } from 'yaml';
import type { Problem } from '../../../../engine/core/errors.ts';
import { loadSource, type LoadedSource } from '../../../../engine/config/load-source.ts';
import { aDeploymentFile } from '../../../support/manifests.ts';

export interface WrittenRoutes {
  readonly provider?: string;
  readonly target?: string;
  readonly service?: object;
  readonly analysis?: object;
}

/** A source with one Canary whose routes are written so, and its target. */
export function loadRoutes(written: WrittenRoutes): LoadedSource {
  const { provider, target = 'reviews', service = {}, analysis = {} } = written;
  const canary = {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'reviews', namespace: 'shop' },
    spec: {
      ...(provider === undefined ? {} : { provider }),
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
      service: { port: 9080, ...service },
      analysis: { interval: '1m', threshold: 5, stepWeight: 10, ...analysis },
    },
  };
  return loadSource(
    [
      { path: 'canary.yaml', text: stringify(canary) },
      { path: 'target.yaml', text: aDeploymentFile({ name: target, namespace: 'shop' }) },
    ],
    { established: new Set() },
  );
}

/** What is wrong with it, each with its place. */
export function routeProblems(written: WrittenRoutes): readonly string[] {
  return loadRoutes(written).problems.map(problemText);
}

function problemText({ code, message, location, remedy }: Problem): string {
  const place = location?.field ?? '';
  return `${code} at ${place}: ${message}; ${remedy}`;
}
