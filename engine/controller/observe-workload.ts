import type { CanarySpec } from '../../constructs/canary-spec.ts';
import { readinessRule, type Track } from '../core/conditions.ts';
import type { WorkloadObservation } from '../core/observation.ts';
import { judgeReadiness } from '../core/readiness.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { EngineMemory } from './memory.ts';

const WITHOUT_PODS = { state: 'unknown', why: 'a Service has no pods of its own' } as const;

/**
 * How the workload of a track is doing. Since when a DaemonSet lacks pods, and since when an autoscaler
 * has not done its part, nobody says, so it is noted here: the deadline is counted from the moment it
 * was first seen so.
 */
export async function observeWorkload(
  ports: EnginePorts,
  memory: EngineMemory,
  spec: CanarySpec,
  track: Track,
  occasion: string | undefined,
): Promise<WorkloadObservation> {
  const { namespace, target } = spec;
  if (target.kind === 'Service') return WITHOUT_PODS;
  const name = track === 'primary' ? `${target.name}-primary` : target.name;
  const workload = await ports.workloads.workload(target.kind, namespace, name, occasion);
  if (workload.state !== 'found') return workload;
  const note = (what: string, isShort: boolean) =>
    memory.shortSinceMs(`${what} ${namespace}/${name}`, workload.status.generation, isShort, nowMs);
  const nowMs = ports.clock.nowMs();
  const least = spec.autoscaler?.least[track] ?? 0;
  const unscaledSinceMs = note('unscaled', workload.status.desiredReplicas < least);
  const { state } = judgeReadiness(workload, readinessRule(spec, track), nowMs);
  const unavailableSinceMs =
    target.kind === 'DaemonSet' ? note('unavailable', state === 'progressing') : undefined;
  return {
    ...workload,
    status: {
      ...workload.status,
      ...(unavailableSinceMs === undefined ? {} : { unavailableSinceMs }),
      ...(unscaledSinceMs === undefined ? {} : { unscaledSinceMs }),
    },
  };
}
