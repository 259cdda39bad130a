import { z } from 'zod';
import { parseInstant } from '../../core/instant.ts';
import type { LiveRouting } from '../../core/liveness.ts';
import type { LiveTraffic } from '../../ports/cluster.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/ */
const VirtualService = z.looseObject({
  metadata: z.looseObject({
    creationTimestamp: z.string().default(''),
    managedFields: z
      .array(z.looseObject({ time: z.string().optional(), subresource: z.string().default('') }))
      .default([]),
  }),
  spec: z.looseObject({
    http: z
      .array(
        z.looseObject({
          route: z
            .array(
              z.looseObject({
                destination: z.looseObject({ host: z.string() }),
                weight: z.number().default(0),
              }),
            )
            .default([]),
        }),
      )
      .default([]),
  }),
});

type VirtualService = z.infer<typeof VirtualService>;

/** Reads the weights that the VirtualService of an apex gives to its two tracks. */
export function createIstioTraffic(api: KubernetesApi): LiveTraffic {
  return {
    async routing(namespace, apex) {
      const path = `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices/${apex}`;
      const answer = await api.get(path);
      if (answer.kind === 'missing') return { state: 'missing' };
      if (answer.kind === 'conflict') return { state: 'unknown', why: 'conflict' };
      if (answer.kind === 'unknown') return { state: 'unknown', why: answer.why };
      const parsed = VirtualService.safeParse(answer.object);
      return parsed.success
        ? routingOf(parsed.data, apex)
        : { state: 'unknown', why: `${namespace}/${apex} does not read as a VirtualService` };
    },
  };
}

/** Every rule must split the same way: one that somebody added by hand is not what was committed. */
function routingOf(object: VirtualService, apex: string): LiveRouting {
  const splits = object.spec.http.map(({ route }) => ({
    primary: weightOf(route, `${apex}-primary`),
    canary: weightOf(route, `${apex}-canary`),
    others: route.length - 2,
  }));
  const [first, ...rest] = splits;
  if (first === undefined) return { state: 'unknown', why: `VirtualService ${apex} has no rule` };
  const { primary, canary } = first;
  const alike = splits.every((each) => each.primary === primary && each.canary === canary);
  if (!alike || primary === undefined || canary === undefined || first.others !== 0) {
    const why = `VirtualService ${apex} does not split between ${apex}-primary and ${apex}-canary in each of its ${rest.length + 1} rules`;
    return { state: 'unknown', why };
  }
  return { state: 'found', weights: { primary, canary }, sinceMs: changedMs(object) };
}

type Route = VirtualService['spec']['http'][number]['route'];

function weightOf(route: Route, service: string): number | undefined {
  return route.find(({ destination: { host } }) => host.split('.', 1)[0] === service)?.weight;
}

/**
 * When somebody last changed the object itself. Kubernetes keeps one time per field manager; the
 * newest of them errs on the late side, which only makes a step wait a little longer.
 */
function changedMs({ metadata }: VirtualService): number {
  const times = metadata.managedFields
    .filter(({ subresource }) => subresource === '')
    .map(({ time }) => parseInstant(time ?? ''));
  const created = parseInstant(metadata.creationTimestamp);
  return Math.max(0, ...[...times, created].filter((time) => time !== undefined));
}
