import type { Construct } from 'constructs';
import { PropertyError } from '../property-error.ts';
import { isMirroring, type Limit, type Routed, withoutWords } from './limits.ts';
import type { RouteProps, TrafficProvider } from './provider.ts';

/** Services alone: the apex leads to the primary, and nothing but tests leads to the canary. */
export const KUBERNETES: TrafficProvider = {
  addTracks: () => {},
  addRoute: addNoRoute,
  objects: () => [],
  limits,
};

function addNoRoute(_scope: Construct, { state }: RouteProps): void {
  if (state.weights.canary === 0 && !state.mirrored) return;
  const rule = 'Services cannot split or copy requests';
  throw new PropertyError('state', JSON.stringify(state), rule, 'leave all traffic on the primary');
}

function limits({ service, analysis }: Routed): readonly Limit[] {
  const why = 'has no effect: with provider kubernetes there are Services and no routes';
  const remedy = 'use spec.analysis.iterations alone, or another provider';
  const { kind } = analysis.strategy;
  const split = {
    field: ['analysis', kind === 'canary' ? 'stepWeight' : 'match'],
    why: 'needs routes, and with provider kubernetes there are none',
    remedy,
  };
  return [
    ...(kind === 'blue-green' ? [] : [split]),
    ...(isMirroring(analysis) ? [{ field: ['analysis', 'mirror'], why, remedy }] : []),
    ...(analysis.sessionAffinity === undefined
      ? []
      : [{ field: ['analysis', 'sessionAffinity'], why, remedy: 'remove it' }]),
    ...withoutWords(
      service,
      [
        'gateways',
        'hosts',
        'delegation',
        'gatewayRefs',
        'match',
        'rewrite',
        'timeoutMs',
        'backendTimeoutMs',
        'retries',
        'headers',
        'cors',
        'mirrors',
        'trafficPolicy',
      ],
      why,
    ),
  ];
}
