import type { RoutingProvider } from '../../../constructs/canary-spec.ts';
import { ROUTING_PROVIDERS } from '../../../constructs/traffic/traffic.ts';
import { show } from '../issues.ts';
import type { Breach } from './fields.ts';

const DEFAULT_PROVIDER: RoutingProvider = 'istio';

/** The old version of the same objects: whoever serves it serves v1 as well. */
const OTHER_NAMES: Readonly<Record<string, RoutingProvider>> = {
  'gatewayapi:v1beta1': 'gatewayapi:v1',
};

/** The routing provider that `spec.provider` names; nothing for a name that nobody knows. */
export function findProvider(written: string = DEFAULT_PROVIDER): RoutingProvider | undefined {
  const own = ROUTING_PROVIDERS.find((known) => known === written);
  return own ?? (Object.hasOwn(OTHER_NAMES, written) ? OTHER_NAMES[written] : undefined);
}

export function providerBreaches(written: string | undefined): readonly Breach[] {
  if (findProvider(written) !== undefined) return [];
  const field = ['spec', 'provider'];
  const message = `spec.provider is ${show(written)}, which is not a known routing provider`;
  const remedy = `use one of: ${ROUTING_PROVIDERS.join(', ')}`;
  return [{ code: 'unknown-provider', field, message, remedy }];
}
