import { z } from 'zod';
import type { ServiceManifest } from '../../../constructs/manifest.ts';
import { show } from '../issues.ts';
import type { Breach } from './fields.ts';
import type { ServiceFile } from './service.ts';
import type { WrittenTarget } from './target-ref.ts';

/** What a Canary whose target is a Service says of its own; each on its own, as written. */
export const OwnServiceRules = z
  .looseObject({ name: z.string().optional().catch(undefined) })
  .optional()
  .catch(undefined);

type OwnService = z.infer<typeof OwnServiceRules>;

/** Options of the Services of the tracks that would say otherwise than the target they are copies of. */
const OF_THE_TARGET = ['headless', 'trafficDistribution', 'primary', 'canary'];

/** The routes lead to copies of the target: it is its own apex, and says itself what it is like. */
export function serviceTargetBreaches(
  target: WrittenTarget | undefined,
  service: OwnService,
): readonly Breach[] {
  if (target?.kind !== 'Service' || service === undefined) return [];
  const { name } = service;
  const apex =
    name === undefined || name === target.name
      ? []
      : [
          breach(
            'name',
            `is ${show(name)}, but the target is Service ${target.name}, which is its own apex`,
            'remove spec.service.name',
          ),
        ];
  const said = OF_THE_TARGET.filter((field) => !isNothing(service[field])).map((field) =>
    breach(
      field,
      `has no effect: the Services of both tracks are copies of Service ${target.name}`,
      `write it in Service ${target.name}, and remove it here`,
    ),
  );
  return [...apex, ...said];
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === false;
}

interface Port {
  readonly port: number;
  readonly targetPort?: number | string;
}

/** The port that requests are routed to is one of the target's, and leads where that one leads. */
export function servicePortBreaches(
  { metadata, spec }: ServiceManifest,
  { port, targetPort }: ServiceFile,
): readonly Breach[] {
  const ports = (spec['ports'] ?? []) as readonly unknown[] as readonly Port[];
  const own = ports.find((each) => each.port === port);
  const title = `Service ${metadata.name}`;
  if (own === undefined) {
    if (ports.length === 0) return [];
    const known = ports.map((each) => each.port).join(', ');
    const why = `is ${port}, which is no port of ${title}`;
    return [breach('port', why, `use one of its ports: ${known}`)];
  }
  const { targetPort: leadsTo = port } = own;
  if (targetPort === undefined || targetPort === leadsTo) return [];
  const why = `is ${targetPort}, but port ${port} of ${title} leads to ${leadsTo}`;
  return [breach('targetPort', why, 'remove it: the target says where its ports lead')];
}

function breach(name: string, why: string, remedy: string): Breach {
  const field = ['spec', 'service', name];
  return { code: 'invalid-field', field, message: `${field.join('.')} ${why}`, remedy };
}
