import { z } from 'zod';
import type { JsonObject } from '../../../constructs/manifest.ts';
import { parseInstant } from '../../core/instant.ts';
import type { LiveRouting } from '../../core/liveness.ts';
import type { LiveTraffic, ObjectReference } from '../../ports/cluster.ts';
import { isGatewayRoute, whyNotAccepted } from './gateway-status.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { readObject } from './read-object.ts';

const RoutingObject = z.looseObject({
  metadata: z.looseObject({
    creationTimestamp: z.string().default(''),
    managedFields: z
      .array(
        z.looseObject({
          time: z.string().optional(),
          subresource: z.string().default(''),
          fieldsV1: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .default([]),
  }),
  spec: z.record(z.string(), z.json()),
});

type RoutingObject = z.infer<typeof RoutingObject>;

/** Reads VirtualServices, HTTPRoutes, GRPCRoutes and Services as they are in the cluster. */
export function createLiveTraffic(api: KubernetesApi): LiveTraffic {
  return {
    async routing(route) {
      const read = await readObject(api, route, RoutingObject);
      return read.state === 'found' ? routingOf(read.object, route) : read;
    },
  };
}

function routingOf(object: RoutingObject, { apiVersion, namespace }: ObjectReference): LiveRouting {
  const spec: JsonObject = object.spec;
  if (!isGatewayRoute(apiVersion)) return { state: 'found', spec, sinceMs: changedMs(object) };
  const refused = whyNotAccepted(object, namespace);
  return {
    state: 'found',
    spec,
    sinceMs: Math.max(changedMs(object), notedMs(object)),
    ...(refused === undefined ? {} : { refused }),
  };
}

/**
 * When somebody last changed what the object asks for. Kubernetes keeps one time per field manager;
 * the newest errs on the late side, which only makes a step wait a little longer. Managers of
 * labels and annotations alone do not count: a neighbour that never leaves them in peace would
 * have a step wait for ever.
 */
function changedMs({ metadata }: RoutingObject): number {
  const times = metadata.managedFields
    .filter(({ subresource, fieldsV1 }) => subresource === '' && holds(fieldsV1, 'f:spec'))
    .map(({ time }) => parseInstant(time ?? ''));
  return newest([...times, parseInstant(metadata.creationTimestamp)]);
}

/** When its controller last wrote down what it makes of it. */
function notedMs({ metadata }: RoutingObject): number {
  const times = metadata.managedFields
    .filter(({ subresource, fieldsV1 }) => subresource === 'status' && holds(fieldsV1, 'f:status'))
    .map(({ time }) => parseInstant(time ?? ''));
  return newest(times);
}

function holds(fields: Readonly<Record<string, unknown>> | undefined, name: string): boolean {
  return fields === undefined || Object.hasOwn(fields, name);
}

function newest(times: readonly (number | undefined)[]): number {
  return Math.max(0, ...times.filter((time) => time !== undefined));
}
