import { EngineInstallation, type Manifest } from '../../../constructs/index.ts';
import { synthManifests } from '../../../constructs/testing.ts';
import { apply } from './control-plane.ts';
import { AGENT } from './surroundings.ts';

const watchedNamespaces = new Set(['default']);

/** Lets the engine watch namespaces, as a platform team does: in its installation. */
export function watchNamespaces(...names: readonly string[]): void {
  for (const name of names) watchedNamespaces.add(name);
  installEngine();
}

/** The namespaces and the engine's rights in them: what a cluster is given before any delivery. */
export function installEngine(): void {
  apply(...['serin-system', ...watchedNamespaces].map(namespace), ...engineRights());
}

function namespace(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/**
 * What `EngineInstallation` grants and nothing else: the engine runs with a token that has these
 * rights only. The Deployment stays out; the suite starts the engine itself.
 */
function engineRights(): readonly Manifest[] {
  const manifests: readonly Manifest[] = synthManifests(
    (scope) =>
      new EngineInstallation(scope, 'serin', {
        image: 'serin',
        configuration: 'none',
        watchedNamespaces: [...watchedNamespaces],
        agent: { kind: AGENT, namespace: AGENT === 'flux' ? 'flux-system' : 'argocd' },
      }),
  );
  return manifests.filter(({ kind }) => kind !== 'Deployment');
}
