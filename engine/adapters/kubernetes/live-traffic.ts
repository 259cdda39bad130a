import { z } from 'zod';
import type { JsonObject } from '../../../constructs/manifest.ts';
import { parseInstant } from '../../core/instant.ts';
import type { LiveRouting } from '../../core/liveness.ts';
import type { LiveTraffic, ObjectReference } from '../../ports/cluster.ts';
import { isGatewayRoute, whyNotAccepted } from './gateway-status.ts';
import type { ObjectReader } from './read-object.ts';

/** Of what a manager keeps only this is looked at, and all of it can be as large as the object. */
const ManagedFields = z
  .record(z.string(), z.unknown())
  .transform((fields) => ({ spec: 'f:spec' in fields, status: 'f:status' in fields }));

const RoutingObject = z.object({
  metadata: z.object({
    generation: z.number().optional(),
    creationTimestamp: z.string().default(''),
    managedFields: z
      .array(
        z.object({
          time: z.string().optional(),
          subresource: z.string().default(''),
          fieldsV1: ManagedFields.optional(),
        }),
      )
      .default([]),
  }),
  spec: z.record(z.string(), z.json()),
  /** Of a route of the Gateway API. */
  status: z.object({ parents: z.unknown() }).partial().optional(),
});

type RoutingObject = z.infer<typeof RoutingObject>;

/** Reads VirtualServices, HTTPRoutes, GRPCRoutes and Services as they are in the cluster. */
export function createLiveTraffic(objects: ObjectReader): LiveTraffic {
  return {
    async routing(route, occasion) {
      const read = await objects.read(route, RoutingObject, occasion);
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
    .filter(({ subresource, fieldsV1 }) => subresource === '' && fieldsV1?.spec !== false)
    .map(({ time }) => parseInstant(time ?? ''));
  return newest([...times, parseInstant(metadata.creationTimestamp)]);
}

/** When its controller last wrote down what it makes of it. */
function notedMs({ metadata }: RoutingObject): number {
  const times = metadata.managedFields
    .filter(({ subresource, fieldsV1 }) => subresource === 'status' && fieldsV1?.status !== false)
    .map(({ time }) => parseInstant(time ?? ''));
  return newest(times);
}

function newest(times: readonly (number | undefined)[]): number {
  return Math.max(0, ...times.filter((time) => time !== undefined));
}
