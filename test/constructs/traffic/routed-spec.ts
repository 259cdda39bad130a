import type { CanarySpec } from '../../../constructs/canary-spec.ts';
import { aSpec } from '../../support/builders.ts';

const GATEWAY = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' };

const BINDINGS = {
  istio: {},
  'gatewayapi:v1': { gateways: [], hosts: [], gatewayRefs: [GATEWAY] },
  kubernetes: { gateways: [], hosts: [] },
} as const;

/** The seed's canary on a routing provider. */
export function routedSpec(
  provider: CanarySpec['provider'],
  service: Partial<CanarySpec['service']> = {},
  analysis: Partial<CanarySpec['analysis']> = {},
): CanarySpec {
  const spec = aSpec(analysis, { provider });
  const binding = Object.hasOwn(BINDINGS, provider) ? BINDINGS[provider] : {};
  return { ...spec, service: { ...spec.service, ...binding, ...service } };
}
