import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { readLeftCanary } from '../config/left-canary.ts';
import { type LoadedSource, loadSource } from '../config/load-source.ts';
import type { Problem } from '../core/errors.ts';
import type { Removal } from '../core/observation.ts';
import { canaryFolders, canaryPath, othersPath } from '../core/paths.ts';
import type { Files } from '../render/changeset.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import type { CanaryState } from './delivery-state.ts';

/**
 * The source with the canaries that have left it and are still on the delivery branch: they are
 * looked after until they are gone. Nothing has left a source that could not be read completely.
 */
export async function withLeftCanaries(
  loaded: LoadedSource,
  states: ReadonlyMap<CanaryKey, CanaryState>,
  filesOf: (canary: CanaryKey) => Promise<Files>,
): Promise<LoadedSource> {
  if (!loaded.complete) return loaded;
  const gone = [...states].filter(([key]) => !loaded.written.has(key));
  const left: ResolvedCanary[] = [];
  for (const [key, state] of gone) {
    const canary = leftCanary(key, await filesOf(key), loaded);
    if (canary === undefined || state.kind === 'damaged' || state.record === undefined) continue;
    left.push(canary);
  }
  return left.length === 0 ? loaded : withThem(loaded, left, states);
}

function leftCanary(
  key: CanaryKey,
  files: Files,
  { source, held }: LoadedSource,
): ResolvedCanary | undefined {
  const folder = canaryFolders(key).workloads;
  const path = canaryPath(key);
  const text = files.get(path);
  if (text === undefined) return undefined;
  const inSource = readLeftCanary(path, text, source);
  if (inSource !== undefined) return { ...inSource, removed: removalOf(inSource) };
  const written = [...files].filter(
    ([each]) => each.startsWith(`${folder}/`) && !each.endsWith('-primary.yaml'),
  );
  const delivered = loadSource(
    written.map(([each, content]) => ({ path: each, text: content })),
    { established: new Set([key]), labels: source.labels },
  );
  const onBranch = readLeftCanary(path, text, delivered.source);
  if (onBranch === undefined) return undefined;
  const { namespace, target } = onBranch.spec;
  // A target that is there and cannot be read is nothing to scale up.
  if (held.has(othersPath({ ...target, namespace }))) return undefined;
  return { ...onBranch, removed: { target: 'removed' } };
}

function removalOf({ written }: ResolvedCanary): Removal {
  const isIdle = written.kind === 'Deployment' && written.spec.replicas === 0;
  return { target: isIdle ? 'idle' : 'stays' };
}

/** What one canary still has, another one cannot begin with. */
function withThem(
  loaded: LoadedSource,
  left: readonly ResolvedCanary[],
  states: ReadonlyMap<CanaryKey, CanaryState>,
): LoadedSource {
  const problems: Problem[] = [];
  const canaries = loaded.canaries.filter(({ key, spec }) => {
    const leaving = states.has(key) ? undefined : left.find((other) => sharesWith(other, spec));
    if (leaving === undefined) return true;
    const { kind, name } = leaving.spec.target;
    problems.push({
      code: 'target-shared',
      message: `${kind} ${spec.namespace}/${name} is still the target of Canary ${leaving.key}, which is leaving`,
      remedy: 'nothing: this Canary is begun with once the other one has left',
      canary: key,
    });
    return false;
  });
  return {
    ...loaded,
    canaries: [...canaries, ...left],
    problems: [...loaded.problems, ...problems],
  };
}

function sharesWith({ spec }: ResolvedCanary, other: ResolvedCanary['spec']): boolean {
  return (
    spec.namespace === other.namespace &&
    (spec.service.name === other.service.name || spec.target.name === other.target.name)
  );
}
