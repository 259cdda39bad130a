import type { CanarySpec } from '../../constructs/canary-spec.ts';
import { readinessRule, type Track, trackBeforeTraffic } from '../core/conditions.ts';
import type { WorkloadObservation } from '../core/observation.ts';
import { judgeReadiness } from '../core/readiness.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { EngineMemory } from './memory.ts';

const WITHOUT_PODS = { state: 'unknown', why: 'a Service has no pods of its own' } as const;

interface Looked {
  readonly spec: CanarySpec;
  readonly record: RolloutRecord;
  readonly track: Track;
  readonly occasion: string | undefined;
}

/** How the workload of a track is doing, and before its first traffic whether its Service leads there. */
export async function observeTrack(
  ports: EnginePorts,
  memory: EngineMemory,
  { spec, record, track, occasion }: Looked,
): Promise<WorkloadObservation> {
  const workload = await observeWorkload(ports, memory, spec, track, occasion);
  const { endpoints } = ports;
  const isAsked = endpoints !== undefined && trackBeforeTraffic(record) === track;
  if (!isAsked || workload.state !== 'found') return workload;
  const { state } = judgeReadiness(workload, readinessRule(spec, track), ports.clock.nowMs());
  if (state !== 'ready') return workload;
  const asked = await endpoints.endpoints(spec.namespace, `${spec.service.name}-${track}`);
  return asked.state === 'unknown'
    ? asked
    : { ...workload, status: { ...workload.status, readyEndpoints: asked.ready } };
}

/**
 * How the workload of a track is doing. Since when a DaemonSet lacks pods, and since when an autoscaler
 * has not done its part, nobody says, so it is noted here: the deadline is counted from the moment it
 * was first seen so.
 */
async function observeWorkload(
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
