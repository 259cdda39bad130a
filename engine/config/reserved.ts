import { z } from 'zod';
import type { TargetRef } from '../../constructs/canary-spec.ts';
import { generatedObjects, ROUTING_PROVIDERS } from '../../constructs/traffic/traffic.ts';
import { othersPath } from '../core/paths.ts';
import type { SourceObject } from './documents.ts';
import { namespaceOf } from './object-names.ts';

/** Read on its own: a mistake elsewhere in the Canary must not give away what is its own. */
const Names = z.object({
  spec: z.object({
    targetRef: z.object({ kind: z.string(), name: z.string() }),
    service: z.object({ name: z.string().optional().catch(undefined) }).catch({}),
  }),
});

/** Where the objects that are generated for a Canary would stand if it were written out by hand. */
export function generatedPaths({ manifest }: SourceObject): readonly string[] {
  const read = Names.safeParse(manifest);
  if (!read.success) return [];
  const { targetRef, service } = read.data.spec;
  const namespace = namespaceOf(manifest);
  const target = targetOf(targetRef);
  const name = service.name ?? targetRef.name;
  const objects = ROUTING_PROVIDERS.flatMap((provider) =>
    ['http', 'grpc'].flatMap((appProtocol) =>
      generatedObjects({ provider, target, service: { ...NO_SERVICE, name, appProtocol } }),
    ),
  );
  return [...new Set(objects.map((object) => othersPath({ ...object, namespace })))];
}

function targetOf({ kind, name }: { readonly kind: string; readonly name: string }): TargetRef {
  return kind === 'Service'
    ? { apiVersion: 'v1', kind, name }
    : { apiVersion: 'apps/v1', kind: 'Deployment', name };
}

const NO_SERVICE = { port: 80, portName: 'http', targetPort: 80, gateways: [], hosts: [] };
