import { stringify } from 'yaml';
import { type Gate, GATES, WEBHOOK_TYPES, type WebhookType } from '../../constructs/canary-spec.ts';
import type {
  SourceFile,
  SourceOutcome,
  SourceReader,
  SourceSnapshot,
} from '../../engine/ports/source-reader.ts';
import { aCanaryFile, aDeploymentFile } from '../support/manifests.ts';
import type { Dice } from './random.ts';

const QUALITIES = ['good', 'good', 'bad', 'dead'] as const;

interface App {
  readonly name: string;
  interval: string;
  version: string;
  stepWeight: number;
  /** In place of the ladder: blue/green. */
  iterations: number | undefined;
  hooks: ReadonlySet<WebhookType>;
  gates: readonly Gate[];
  skipAnalysis: boolean;
  suspend: boolean;
  kind: 'Deployment' | 'DaemonSet';
  replicas: number;
  /** An autoscaler may come and go. */
  isScalable: boolean;
  /** The fewest replicas that an autoscaler gives, in place of a number in Git. */
  least: number | undefined;
  /** The pods read the setting: a change of it is a release. */
  isConfigured: boolean;
  broken: boolean;
  /** What stands in a ConfigMap beside the canary. */
  setting: number;
  /** Whether there is a Canary, and what the source holds where there is none. */
  presence: Presence;
}

/**
 * `canary`: as always; `plain`: the Deployment with a Service of its own; `bare`: the Deployment alone;
 * `gone`: nothing.
 */
export type Presence = 'canary' | 'plain' | 'bare' | 'gone';

/** People at work: new revisions, returns to old ones, changed options, and broken files. */
export class SimulatedSource implements SourceReader {
  faults = true;
  readonly apps: readonly App[];
  readonly #dice: Dice;
  #commit = 0;
  #revision = 0;

  constructor(dice: Dice, names: readonly string[]) {
    this.#dice = dice;
    this.apps = names.map((name) => ({
      name,
      interval: '1m',
      version: 'good-0',
      stepWeight: dice.pick([10, 20, 25]),
      iterations: undefined,
      hooks: new Set(),
      gates: [],
      skipAnalysis: false,
      suspend: false,
      kind: 'Deployment',
      replicas: 1,
      isScalable: false,
      least: undefined,
      isConfigured: false,
      broken: false,
      setting: 0,
      presence: 'canary',
    }));
  }

  /** Canaries of every kind, in place of plain ones. */
  diversify(): void {
    const dice = this.#dice;
    for (const app of this.apps) {
      app.interval = dice.pick(['20s', '1m']);
      app.iterations = dice.pick([undefined, undefined, 1, 3]);
      app.hooks = someHooks(dice);
      app.gates = GATES.filter(() => dice.chance(0.3));
      app.skipAnalysis = dice.chance(0.1);
      app.kind = dice.pick(['Deployment', 'Deployment', 'DaemonSet']);
      app.isScalable = app.kind === 'Deployment' && dice.chance(0.5);
      app.isConfigured = dice.chance(0.5);
      app.presence = dice.pick(['canary', 'canary', 'plain']);
    }
  }

  tick(): void {
    for (const app of this.apps) {
      if (this.#dice.chance(0.06)) this.#change(app);
    }
  }

  /** The last word: everything readable, and a revision that is good. */
  settle(): void {
    for (const app of this.apps) {
      app.broken = false;
      app.suspend = false;
      app.version = this.#newVersion('good');
    }
    this.#commit += 1;
  }

  /** Everybody releases at once. */
  release(qualityOf: (index: number) => 'good' | 'bad'): void {
    for (const [index, app] of this.apps.entries())
      app.version = this.#newVersion(qualityOf(index));
    this.#commit += 1;
  }

  read(): Promise<SourceOutcome> {
    if (this.faults && this.#dice.chance(0.03)) {
      return Promise.resolve({ kind: 'unreachable', why: 'simulated' });
    }
    return Promise.resolve({ kind: 'read', snapshot: this.snapshot() });
  }

  snapshot(): SourceSnapshot {
    const commit = String(this.#commit).padStart(40, '0');
    const files = [...this.apps.flatMap(filesOf), { path: 'team.yaml', text: TEAM }];
    return { commit, files };
  }

  #change(app: App): void {
    this.#commit += 1;
    switch (this.#dice.int(0, 15)) {
      case 0:
        app.stepWeight = this.#dice.pick([10, 20, 25]);
        app.iterations = this.#dice.pick([app.iterations, undefined, 2]);
        break;
      case 5:
        app.hooks = someHooks(this.#dice);
        break;
      case 6:
        app.suspend = !app.suspend;
        app.skipAnalysis = this.#dice.chance(0.2);
        break;
      case 7:
      case 8:
        app.presence = this.#nextPresence(app.presence);
        break;
      case 1:
        app.broken = !app.broken;
        break;
      case 2:
        app.replicas = this.#dice.int(1, 3);
        if (app.isScalable) app.least = this.#dice.pick([undefined, 2, 3]);
        break;
      case 3:
        app.version = 'good-0';
        break;
      case 4:
        app.setting += 1;
        break;
      default:
        app.version = this.#newVersion(this.#dice.pick(QUALITIES));
    }
  }

  /** Nobody takes away the Service of an application that goes on without a Canary. */
  #nextPresence(presence: Presence): Presence {
    switch (presence) {
      case 'canary':
        return this.#dice.pick(['plain', 'plain', 'bare', 'gone']);
      case 'bare':
        return this.#dice.pick(['canary', 'plain', 'gone']);
      case 'plain':
        return this.#dice.pick(['canary', 'canary', 'gone']);
      case 'gone':
        return this.#dice.pick(['canary', 'plain']);
    }
  }

  #newVersion(quality: string): string {
    this.#revision += 1;
    return `${quality}-${this.#revision}`;
  }
}

/** A source is never empty: nobody would believe it. */
const TEAM = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: team}\n';

function filesOf(app: App): readonly SourceFile[] {
  const { name, presence } = app;
  const file = (kind: string, text: string) => ({ path: `${name}/${kind}.yaml`, text });
  if (presence === 'gone') return [];
  return [
    ...(presence === 'canary' ? [file('canary', canaryText(app))] : []),
    ...(presence === 'plain' ? [file('service', serviceText(name))] : []),
    file('target', targetText(app)),
    file('autoscaler', autoscalerText(app)),
    file('settings', settingsText(app)),
  ];
}

function serviceText(name: string): string {
  return `# public
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec:
  selector: {app: ${name}}
  ports: [{port: 9080}]
`;
}

/** No setting, no ConfigMap: it comes and goes. */
function settingsText({ name, setting }: App): string {
  if (setting % 3 === 0) return '';
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "${setting}"}\n`;
}

/** Pods that read a setting start without it. */
function targetText({ name, version, replicas, kind, isConfigured }: App): string {
  const envFrom = `envFrom: [{configMapRef: {name: ${name}, optional: true}}]`;
  const text = aDeploymentFile({
    name,
    version,
    ...(kind === 'Deployment' ? { replicas } : {}),
    env: { MODE: 'x' },
  }).replace('kind: Deployment', `kind: ${kind}`);
  return isConfigured ? text.replace(/( +)env:/, `$1${envFrom}\n$1env:`) : text;
}

const AUTOSCALER = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' } as const;

function autoscalerText({ name, least }: App): string {
  if (least === undefined) return '';
  return stringify({
    ...AUTOSCALER,
    metadata: { name, namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: least,
      maxReplicas: 10,
    },
  });
}

function canaryText({ name, stepWeight, iterations, hooks, broken, ...spec }: App): string {
  const { skipAnalysis, suspend, interval, gates, kind, least } = spec;
  const target = { targetRef: { apiVersion: 'apps/v1', kind, name } };
  const autoscaler = least === undefined ? {} : { autoscalerRef: { ...AUTOSCALER, name } };
  const text = aCanaryFile({
    name,
    interval,
    stepWeight,
    ...(iterations === undefined ? {} : { iterations }),
    progressDeadlineSeconds: 60,
    webhooks: [...hooks].map((type) => ({ name: type, type, url: `http://${name}.hooks/` })),
    spec: { ...target, ...autoscaler, skipAnalysis, suspend },
    ...(gates.length === 0 ? {} : { annotations: { 'serin/gates': gates.join(',') } }),
  });
  return broken ? text.replace('threshold:', 'treshold:') : text;
}

/** Most canaries have few hooks, and some have all of them. */
function someHooks(dice: Dice): ReadonlySet<WebhookType> {
  const probability = dice.pick([0, 0.2, 0.9]);
  return new Set(WEBHOOK_TYPES.filter((type) => type !== 'event' && dice.chance(probability)));
}
