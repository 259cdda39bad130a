import { manifestYaml, parseManifestYaml } from '../../constructs/manifest-yaml.ts';
import type { DeploymentManifest, Manifest } from '../../constructs/manifest.ts';
import {
  cleanManifest,
  renderCanaryObject,
  renderPrimary,
  renderTarget,
} from '../../constructs/workloads.ts';
import type { Change } from '../core/decision.ts';
import { assertInvariant, unreachable } from '../core/errors.ts';
import { canaryFolders, manifestFileName } from '../core/paths.ts';
import { isInMidRun, type RolloutRecord } from '../core/record.ts';
import type { Files } from './changeset.ts';
import type { ResolvedCanary } from './resolved-canary.ts';

export interface WorkloadFacts {
  readonly canary: ResolvedCanary;
  readonly before: RolloutRecord | undefined;
  readonly change: Change;
  /** The canary's files as they stand on the delivery branch. */
  readonly delivered: Files;
  /** The same folders at the rollout's base. */
  readonly base: Files;
}

/** The `workloads/` folder after a change. What a change does not speak of stays byte for byte. */
export function workloadFiles(facts: WorkloadFacts): Files {
  const { canary, change } = facts;
  const folder = `${canaryFolders(canary.key).workloads}/`;
  const delivered = below(facts.delivered, folder);
  const paths = workloadPaths(canary);
  switch (change.kind) {
    case 'create-primary':
      return new Map([
        ...file(paths.canary, renderCanaryObject(canary.canaryManifest)),
        ...file(paths.target, cleanManifest(canary.target)),
        ...file(paths.primary, renderPrimary(canary)),
      ]);
    case 'start':
      return new Map([
        ...delivered,
        ...file(paths.canary, renderCanaryObject(canary.canaryManifest)),
        ...targetFile(paths.target, canary.target, runningReplicas(canary.target)),
      ]);
    case 'promote': {
      const analysed = readDeployment(delivered, paths.target);
      return new Map([
        ...delivered,
        ...file(paths.primary, renderPrimary({ ...canary, target: analysed })),
      ]);
    }
    case 'skip-analysis': {
      const analysed = readDeployment(delivered, paths.target);
      return new Map([
        ...delivered,
        ...file(paths.primary, renderPrimary({ ...canary, target: analysed })),
        ...targetFile(paths.target, analysed, 0),
      ]);
    }
    case 'initialized':
    case 'finish':
      return new Map([
        ...delivered,
        ...targetFile(paths.target, readDeployment(delivered, paths.target), 0),
      ]);
    case 'rollback':
      return change.restorePrimary ? restorePrimary(facts, delivered) : delivered;
    case 'fail-promotion':
      return restorePrimary(facts, delivered);
    case 'clean-up':
      return below(facts.base, folder);
    case 'halt':
      return isInMidRun(facts.before) ? below(facts.base, folder) : delivered;
    case 'reconcile':
      return new Map([
        ...delivered,
        ...file(paths.canary, renderCanaryObject(canary.canaryManifest)),
        ...reconciledTarget(facts, delivered, paths.target),
      ]);
    case 'open-routing':
    case 'restart':
    case 'advance':
    case 'check-failed':
    case 'shift':
    case 'return-traffic':
    case 'withdraw':
    case 'call-off':
    case 'reject':
    case 'halt-promotion':
    case 'post-rollout':
      return delivered;
    default:
      return unreachable(change);
  }
}

function workloadPaths(canary: ResolvedCanary): Record<'canary' | 'target' | 'primary', string> {
  const folder = canaryFolders(canary.key).workloads;
  const target = canary.spec.target.name;
  return {
    canary: `${folder}/${manifestFileName('Canary', canary.spec.name)}`,
    target: `${folder}/${manifestFileName('Deployment', target)}`,
    primary: `${folder}/${manifestFileName('Deployment', `${target}-primary`)}`,
  };
}

function file(path: string, manifest: Manifest): Files {
  return new Map([[path, manifestYaml(manifest)]]);
}

function targetFile(path: string, target: DeploymentManifest, replicas: number): Files {
  return file(path, renderTarget({ target, replicas }));
}

/** A target that people left at 0 is started with one replica, as Flagger does. */
function runningReplicas(target: DeploymentManifest): number {
  const written = target.spec.replicas ?? 1;
  return written > 0 ? written : 1;
}

/** Everything of the target follows the source but the revision, which only a start brings in. */
function reconciledTarget(facts: WorkloadFacts, delivered: Files, path: string): Files {
  const { canary, before } = facts;
  const { template } = readDeployment(delivered, path).spec;
  const target = { ...canary.target, spec: { ...canary.target.spec, template } };
  if (before?.phase === 'Initializing') return file(path, cleanManifest(target));
  const isIdle = before?.awaiting === 'revision' || before?.awaiting === 'approval';
  return targetFile(path, target, isIdle ? 0 : runningReplicas(target));
}

function restorePrimary(facts: WorkloadFacts, delivered: Files): Files {
  const path = workloadPaths(facts.canary).primary;
  const text = facts.base.get(path);
  assertInvariant(text !== undefined, `the base of the rollout holds no ${path}`);
  return new Map([...delivered, [path, text]]);
}

function readDeployment(files: Files, path: string): DeploymentManifest {
  const text = files.get(path);
  assertInvariant(text !== undefined, `the delivery branch holds no ${path}`);
  return parseManifestYaml(text) as DeploymentManifest;
}

export function below(files: Files, folder: string): Files {
  return new Map([...files].filter(([path]) => path.startsWith(folder)));
}
