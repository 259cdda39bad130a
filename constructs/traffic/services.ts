import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { CanarySpec, OwnMetadata, ServiceRole } from '../canary-spec.ts';
import type { PodTemplate } from '../manifest.ts';
import { primaryValue, type SelectorLabel } from '../selector-label.ts';
import { ownTexts } from '../workloads/clean-manifest.ts';
import { mainPort, portsOf } from './port-discovery.ts';

export interface TracksProps {
  readonly spec: CanarySpec;
  /**
   * The label by which the Services tell the tracks' pods apart. Absent for a Service as target: it is
   * copied for the tracks, and none is made here.
   */
  readonly selectorLabel: SelectorLabel | undefined;
  /**
   * The pods of each track, whose ports `service.portDiscovery` looks for.
   *
   * @default - none: the Services have the main port alone
   */
  readonly pods?: { readonly primary: PodTemplate; readonly canary: PodTemplate };
}

/**
 * The Service of a role: the apex leads to the primary, so that a request needs no route. With the
 * defaults that the API server fills into lists: a port without its `protocol` differs from the
 * live one under server-side apply, where the protocol is part of the port's key.
 */
export function addService(
  scope: Construct,
  props: TracksProps,
  role: ServiceRole,
  track: 'primary' | 'canary' = role === 'canary' ? 'canary' : 'primary',
): void {
  const { spec, selectorLabel, pods } = props;
  if (selectorLabel === undefined) return;
  const { service, namespace } = spec;
  const { key, value } = selectorLabel;
  const name = role === 'apex' ? service.name : `${service.name}-${role}`;
  const { trafficDistribution } = service;
  new ApiObject(scope, `service-${name}`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, ...serviceMetadata(service.metadata?.[role], { [key]: name }) },
    spec: {
      type: 'ClusterIP',
      ...(service.headless === true ? { clusterIP: 'None' } : {}),
      ...(trafficDistribution === undefined ? {} : { trafficDistribution }),
      selector: { [key]: track === 'canary' ? value : primaryValue(selectorLabel) },
      ports: pods === undefined ? [mainPort(service)] : portsOf(service, pods[track]),
    },
  });
}

/** The label that tells the Services apart is ours; people's own come beside it. */
function serviceMetadata(own: OwnMetadata = {}, label: Record<string, string>): OwnMetadata {
  const { labels, ...rest } = ownTexts(own);
  return { ...rest, labels: { ...labels, ...label } };
}
