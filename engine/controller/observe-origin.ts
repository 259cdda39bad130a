import { primaryName } from '../../constructs/workloads/workloads.ts';
import type { Observation } from '../core/observation.ts';
import { considerOrigin, imagesOf } from '../core/origin.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import type { EnginePorts } from './engine-ports.ts';

/**
 * What stands where the primary of a new canary is to be: another tool may have made one, or this
 * engine before its branch was lost.
 */
export async function observeOrigin(
  { origins }: EnginePorts,
  { spec, target }: ResolvedCanary,
): Promise<Pick<Observation, 'obstacle'>> {
  if (target.kind === 'Service' || spec.suspend) return {};
  const name = primaryName(spec.target);
  const origin = await origins?.origin(target.kind, spec.namespace, name);
  const title = `${target.kind} ${name}.${spec.namespace}`;
  const obstacle = considerOrigin(origin, imagesOf(target.spec.template), title);
  return obstacle === undefined ? {} : { obstacle };
}
