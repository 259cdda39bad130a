import { DestinationRule } from '../../imports/networking.istio.io.ts';
import type { CanarySpec, ServiceSpec } from '../canary-spec.ts';
import type { Json, JsonObject, Manifest } from '../manifest.ts';
import { MESH } from './istio-limits.ts';
import type { TracksProps } from './services.ts';
import { renderApex, renderRoute } from './traffic.ts';

/** All requests to one track, whatever the analysis would single out or keep to a track. */
export function withoutAnalysis({ analysis, ...spec }: CanarySpec): CanarySpec {
  const { sessionAffinity: _, ...rest } = analysis;
  const strategy = { kind: 'canary', stepWeights: [100] } as const;
  return { ...spec, analysis: { ...rest, strategy } };
}

/** The routing object with all requests on the canary's track. */
export function renderRouteToTarget(props: TracksProps): readonly Manifest[] {
  const state = { weights: { primary: 0, canary: 100 }, mirrored: false };
  return renderRoute({ ...props, spec: withoutAnalysis(props.spec), state });
}

/**
 * What a canary's service is without the canary: the public Service leads to the target, and what its
 * route does beside splitting is still done, on the way to that Service.
 */
export function renderPlain(props: TracksProps): readonly Manifest[] {
  const { spec } = props;
  return [
    ...renderApex(props, 'canary'),
    ...(doesMoreThanSplit(spec)
      ? renderRouteToTarget(props).map((route) => leadingToApex(route, spec.service))
      : []),
    ...plainDestinationRule(spec),
  ];
}

/** Without it clients outside of the mesh would find nobody, or requests would arrive unchanged. */
function doesMoreThanSplit({ provider, service }: CanarySpec): boolean {
  const { gateways, hosts, name, delegation, gatewayRefs = [], headers, cors } = service;
  const { match, rewrite, timeoutMs, backendTimeoutMs, retries, mirrors = [] } = service;
  const options = [match, rewrite, timeoutMs, backendTimeoutMs, retries, headers, cors];
  if (options.some((option) => option !== undefined) || mirrors.length > 0) return true;
  switch (provider) {
    case 'kubernetes':
      return false;
    case 'gatewayapi:v1':
      return gatewayRefs.some(({ kind }) => kind !== 'Service');
    case 'istio':
      return (
        delegation === true ||
        gateways.some((gateway) => gateway !== MESH) ||
        hosts.some((host) => host !== name)
      );
  }
}

/** Of every rule one destination is left, the public Service. */
function leadingToApex(route: Manifest, { name }: ServiceSpec): Manifest {
  const spec = route['spec'] as JsonObject;
  return { ...route, spec: mapRules(spec, name) };
}

function mapRules(spec: JsonObject, apex: string): JsonObject {
  return Object.fromEntries(
    Object.entries(spec).map(([field, value]) => [
      field,
      Array.isArray(value) && RULES.has(field)
        ? (value as readonly JsonObject[]).map((rule) => plainRule(rule, apex))
        : value,
    ]),
  );
}

/** Rules of a VirtualService, and of the routes of the Gateway API. */
const RULES: ReadonlySet<string> = new Set(['http', 'tcp', 'rules']);

function plainRule({ route, backendRefs, ...rule }: JsonObject, apex: string): JsonObject {
  return {
    ...rule,
    ...(route === undefined ? {} : { route: [plainDestination(route, apex)] }),
    ...(backendRefs === undefined ? {} : { backendRefs: [plainBackend(backendRefs, apex)] }),
  };
}

function plainDestination(route: Json, apex: string): JsonObject {
  const [{ destination } = {}] = route as readonly JsonObject[];
  return { destination: { ...(destination as JsonObject), host: apex } };
}

function plainBackend(backendRefs: Json, apex: string): JsonObject {
  const [backend] = backendRefs as readonly JsonObject[];
  return { ...backend, name: apex, weight: 1 };
}

function plainDestinationRule({ service, namespace }: CanarySpec): readonly Manifest[] {
  const { name, trafficPolicy } = service;
  if (trafficPolicy === undefined) return [];
  return [
    { ...DestinationRule.GVK, metadata: { name, namespace }, spec: { host: name, trafficPolicy } },
  ];
}
