import { z } from 'zod';
import { RuleText } from './fields.ts';
import type { QuerySubject } from './metrics.ts';

const Named = z.object({ name: RuleText }).catch({});
const Names = z.object({
  metadata: z.object({ name: RuleText, namespace: RuleText }).catch({}),
  spec: z.object({ targetRef: Named, service: Named }).catch({ targetRef: {}, service: {} }),
});

/**
 * What the queries of a written Canary can ask about it, whatever else is wrong with it. Ingress and
 * route have the target's name, as with Flagger where nobody writes one.
 */
export function querySubject(manifest: unknown): QuerySubject {
  const { metadata, spec } = Names.parse(manifest);
  const target = spec.targetRef.name ?? '';
  return {
    name: metadata.name ?? '',
    namespace: metadata.namespace ?? 'default',
    target,
    service: spec.service.name ?? target,
    ingress: target,
    route: target,
  };
}
