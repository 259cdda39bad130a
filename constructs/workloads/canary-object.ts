import type { Manifest } from '../manifest.ts';
import { cleanManifest } from './clean-manifest.ts';

/**
 * The user's Canary object. Argo CD's own health check for it fails while the status is incomplete,
 * and would then stop the sync of the whole application.
 */
export function renderCanaryObject(manifest: Manifest): Manifest {
  const canary = cleanManifest(manifest);
  const { annotations } = canary.metadata;
  return {
    ...canary,
    metadata: {
      ...canary.metadata,
      annotations: { ...annotations, 'argocd.argoproj.io/ignore-healthcheck': 'true' },
    },
  };
}
