import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadSource } from '../../../engine/config/load-source.ts';
import type { Change } from '../../../engine/core/decision.ts';
import { canaryWeight, type RolloutRecord } from '../../../engine/core/record.ts';
import type { Files } from '../../../engine/render/changeset.ts';
import type { ResolvedCanary } from '../../../engine/render/resolved-canary.ts';
import { workloadFiles } from '../../../engine/render/workloads.ts';
import { aRecord, aRunningRecord } from '../../support/builders.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';

interface Source {
  readonly version?: string;
  readonly replicas?: number;
  readonly autoscaled?: { readonly minReplicas: number };
  readonly color?: string;
}

const FOLDER = 'workloads/default/reviews';
const NONE: Files = new Map();

/** The canary as a source says it: a Deployment, with an autoscaler and a ConfigMap if it is said so. */
function aCanary({ autoscaled, color, ...deployment }: Source = {}): ResolvedCanary {
  const name = 'reviews';
  const ref = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name };
  const scaleTargetRef = { kind: 'Deployment', name };
  const written = autoscaled === undefined ? '' : `  autoscalerRef: ${JSON.stringify(ref)}\n`;
  const reading =
    color === undefined ? '' : `          envFrom: [{configMapRef: {name: ${name}}}]\n`;
  const texts = [
    aCanaryFile().replace('  service:\n', `${written}  service:\n`),
    aDeploymentFile(deployment).replace('          env:', `${reading}          env:`),
    ...(autoscaled === undefined
      ? []
      : [stringify({ ...ref, metadata: { name }, spec: { scaleTargetRef, ...autoscaled } })]),
    ...(color === undefined
      ? []
      : [stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { color } })]),
  ];
  const files = texts.map((text, index) => ({ path: `${index}.yaml`, text }));
  const { canaries, problems } = loadSource(files, { established: new Set() });
  expect(problems).toEqual([]);
  const [canary] = canaries;
  if (canary === undefined) throw new Error('the source holds no canary');
  return canary;
}

interface Step {
  readonly before?: RolloutRecord;
  readonly delivered?: Files;
  readonly base?: Files;
}

function after(kind: Change['kind'], canary: ResolvedCanary, step: Step = {}, more: object = {}) {
  const { before, delivered = NONE, base = NONE } = step;
  const change = { kind, reason: 'test', ...more } as unknown as Change;
  return workloadFiles({ canary, before, change, delivered, base });
}

const initializing = aRecord({ phase: 'Initializing', awaiting: 'primary-ready' });
const running = aRunningRecord();
const atFullWeight = aRunningRecord({ weights: canaryWeight(100) });

/** The branch with a first revision at rest. */
function initialized(canary: ResolvedCanary): Files {
  return after('initialized', canary, { delivered: after('create-primary', canary) });
}

const names = (files: Files) =>
  [...files.keys()].map((path) => path.slice(FOLDER.length + 1, -'.yaml'.length)).toSorted();

function specOf(files: Files, name: string): Readonly<Record<string, unknown>> {
  const text = files.get(`${FOLDER}/${name}.yaml`);
  if (text === undefined) throw new Error(`no ${name} among ${names(files).join(', ')}`);
  return (parse(text) as { spec: Readonly<Record<string, unknown>> }).spec;
}

const HPA = 'horizontalpodautoscaler-reviews';

describe('replicas that an autoscaler has', () => {
  const canary = aCanary({ autoscaled: { minReplicas: 2 }, replicas: 3 });

  it('stay in Git as they are written until the target has no traffic any more', () => {
    const created = after('create-primary', canary);
    expect(specOf(created, 'deployment-reviews')['replicas']).toBe(3);
    expect(specOf(created, 'deployment-reviews-primary')).not.toHaveProperty('replicas');
    expect(specOf(initialized(canary), 'deployment-reviews')['replicas']).toBe(0);
  });

  it('are left out while the target runs, and are 0 again when it rests', () => {
    const started = after('start', canary, { delivered: initialized(canary) });
    expect(specOf(started, 'deployment-reviews')).not.toHaveProperty('replicas');
    const finished = after('finish', canary, { before: running, delivered: started });
    expect(specOf(finished, 'deployment-reviews')['replicas']).toBe(0);
  });

  it('are left out as well when the canary leaves: a number beside it would hold the target down', () => {
    const delivered = initialized(canary);
    const leaving = after('terminate', canary, { delivered });
    expect(specOf(leaving, 'deployment-reviews')).not.toHaveProperty('replicas');
    expect(
      specOf(after('terminate', canary, { delivered: leaving }), 'deployment-reviews'),
    ).toEqual(specOf(leaving, 'deployment-reviews'));
  });

  it('stay as they are written when the canary leaves before they were taken over', () => {
    const leaving = after('terminate', canary, { delivered: after('create-primary', canary) });
    expect(specOf(leaving, 'deployment-reviews')['replicas']).toBe(3);
  });
});

describe('an autoscaler that comes to a canary which has a primary', () => {
  const plain = aCanary({ replicas: 3 });
  const scaled = aCanary({ version: 'v2', autoscaled: { minReplicas: 2 }, replicas: 3 });
  const started = after('start', scaled, { delivered: initialized(plain) });

  it('scales the target at once', () => {
    expect(names(started)).toContain(HPA);
    expect(specOf(started, 'deployment-reviews')).not.toHaveProperty('replicas');
  });

  it('does not take a target over that has traffic: it keeps its number to the end of the rollout', () => {
    const given = after('start', aCanary({ version: 'v2', replicas: 3 }), {
      delivered: initialized(plain),
    });
    const unsaid = aCanary({ version: 'v2', autoscaled: { minReplicas: 2 } });
    const now = after('reconcile', unsaid, { before: running, delivered: given });
    expect(specOf(now, 'deployment-reviews')['replicas']).toBe(3);
    expect(names(now)).not.toContain(HPA);
    const waiting = aRunningRecord({ weights: canaryWeight(0), awaiting: 'canary-ready' });
    const early = after('reconcile', unsaid, { before: waiting, delivered: given });
    expect(specOf(early, 'deployment-reviews')).not.toHaveProperty('replicas');
    const next = after('start', unsaid, {
      delivered: after('finish', unsaid, { before: running, delivered: now }),
    });
    expect(names(next)).toContain(HPA);
  });

  it('does not take the primary over while it has traffic: its replicas would become 1', () => {
    const promoted = after('promote', scaled, { before: running, delivered: started });
    expect(specOf(promoted, 'deployment-reviews-primary')['replicas']).toBe(3);
    expect(names(promoted)).not.toContain(`${HPA}-primary`);
  });

  it('takes the primary over while all traffic is on the canary', () => {
    const promoted = after('promote', scaled, { before: atFullWeight, delivered: started });
    expect(specOf(promoted, 'deployment-reviews-primary')).not.toHaveProperty('replicas');
    expect(names(promoted)).toContain(`${HPA}-primary`);
  });

  it('takes the primary over while nothing depends on it yet', () => {
    const created = after('create-primary', plain);
    const now = after('reconcile', aCanary({ autoscaled: { minReplicas: 2 } }), {
      before: initializing,
      delivered: created,
    });
    expect(specOf(now, 'deployment-reviews-primary')).not.toHaveProperty('replicas');
    expect(names(now)).toEqual([
      'canary-reviews',
      'deployment-reviews',
      'deployment-reviews-primary',
      HPA,
      `${HPA}-primary`,
    ]);
  });
});

describe('an autoscaler that leaves a canary', () => {
  const scaled = aCanary({ autoscaled: { minReplicas: 2 } });
  const plain = aCanary({ version: 'v2', replicas: 4 });

  it('lets the target go at once, and the primary with the next promotion', () => {
    const started = after('start', plain, { delivered: initialized(scaled) });
    expect(names(started)).not.toContain(HPA);
    expect(names(started)).toContain(`${HPA}-primary`);
    expect(specOf(started, 'deployment-reviews')['replicas']).toBe(4);
    const promoted = after('promote', plain, { before: running, delivered: started });
    expect(names(promoted)).not.toContain(`${HPA}-primary`);
    expect(specOf(promoted, 'deployment-reviews-primary')['replicas']).toBe(4);
  });
});

describe('an autoscaler that changes', () => {
  const [few, many] = [
    aCanary({ autoscaled: { minReplicas: 2 } }),
    aCanary({ autoscaled: { minReplicas: 5 } }),
  ];
  const base = initialized(few);

  it('changes for the target at once, and for the primary with the promotion', () => {
    const reconciled = after('reconcile', many, { before: running, delivered: base });
    expect(specOf(reconciled, HPA)['minReplicas']).toBe(5);
    expect(specOf(reconciled, `${HPA}-primary`)['minReplicas']).toBe(2);
    const promoted = after('promote', many, { before: running, delivered: reconciled });
    expect(specOf(promoted, `${HPA}-primary`)['minReplicas']).toBe(5);
  });

  it('is rolled back with the release', () => {
    const started = after('start', many, { before: running, delivered: base });
    const promoted = after('promote', many, { before: running, delivered: started });
    const restored = { before: running, delivered: promoted, base };
    for (const files of [
      after('fail-promotion', many, restored),
      after('rollback', many, restored, { restorePrimary: true }),
    ]) {
      expect(specOf(files, `${HPA}-primary`)['minReplicas']).toBe(2);
      expect(specOf(files, HPA)['minReplicas']).toBe(5);
    }
    expect(after('clean-up', many, restored)).toEqual(base);
  });

  it('goes with a rollback to a release that had none', () => {
    const before = initialized(aCanary({ replicas: 3 }));
    const started = after('start', many, { delivered: before });
    const promoted = after('promote', many, { before: atFullWeight, delivered: started });
    expect(names(promoted)).toContain(`${HPA}-primary`);
    const restored = { before: atFullWeight, delivered: promoted, base: before };
    const failed = after('fail-promotion', many, restored);
    expect(names(failed)).not.toContain(`${HPA}-primary`);
    expect(specOf(failed, 'deployment-reviews-primary')['replicas']).toBe(3);
  });
});

describe('configuration', () => {
  const [blue, green] = [aCanary({ color: 'blue' }), aCanary({ color: 'green' })];
  const copies = (files: Files) => names(files).filter((name) => name.startsWith('configmap-'));
  const read = (files: Files, deployment: string) =>
    /reviews-[0-9a-f]{12}/.exec(JSON.stringify(specOf(files, deployment)))?.[0];
  const base = initialized(blue);
  const [first] = copies(base);

  it('is read by the primary under its own name, by a running target as it is written', () => {
    const created = after('create-primary', blue);
    expect(`configmap-${read(created, 'deployment-reviews-primary')}`).toBe(first);
    expect(read(created, 'deployment-reviews')).toBeUndefined();
    expect(copies(created)).toHaveLength(1);
  });

  it('of both revisions is there from the start until all pods of the primary are new', () => {
    const started = after('start', green, { delivered: base });
    const promoted = after('promote', green, { before: running, delivered: started });
    const finished = after('finish', green, { before: running, delivered: promoted });
    expect([started, promoted, finished].map((files) => copies(files).length)).toEqual([2, 2, 1]);
    const second = read(started, 'deployment-reviews');
    expect(read(started, 'deployment-reviews-primary')).not.toBe(second);
    expect(read(promoted, 'deployment-reviews-primary')).toBe(second);
    expect(copies(finished)).toEqual([`configmap-${second}`]);
  });

  it('is restored with the primary, also when it had gone', () => {
    const started = after('start', green, { delivered: base });
    const promoted = after('promote', green, { before: running, delivered: started });
    const without = new Map([...promoted].filter(([path]) => path !== `${FOLDER}/${first}.yaml`));
    const restored = after('fail-promotion', green, { delivered: without, base });
    expect(copies(restored)).toContain(first);
    expect(`configmap-${read(restored, 'deployment-reviews-primary')}`).toBe(first);
  });

  it('that a newer revision has replaced in mid-run goes', () => {
    const started = after('start', green, { delivered: base });
    const again = after('start', aCanary({ color: 'red' }), {
      before: running,
      delivered: started,
    });
    expect(copies(again)).toHaveLength(2);
    expect(copies(again)).toContain(first);
  });

  it('that pods stop to read goes', () => {
    const started = after('start', aCanary({ version: 'v2' }), { delivered: base });
    const promoted = after('promote', aCanary({ version: 'v2' }), {
      before: running,
      delivered: started,
    });
    const finished = after('finish', aCanary({ version: 'v2' }), {
      before: running,
      delivered: promoted,
    });
    expect(copies(finished)).toEqual([]);
  });
});
