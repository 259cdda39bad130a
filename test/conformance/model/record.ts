import { type Fields, fields } from '../fields.ts';
import { Script } from '../script.ts';
import { merge, released } from '../scripted-source.ts';
import { Trace, type TraceAction, type TraceEntry, type TraceManifest } from '../trace.ts';
import { Flagger, type Weights, type Write } from './flagger.ts';

const TICK_SECONDS = 10;
const SECONDS_MAX = 1_500;

/** A recording of the model: what a real Flagger's would be, for the same manifests and script. */
export function record(
  scenario: string,
  input: Trace['input'],
  script: unknown,
  settleSeconds = 0,
): Trace {
  const empty = { scenario, title: scenario, input, script, timeline: [], finalObjects: [] };
  const trace = Trace.parse(empty);
  return { ...trace, timeline: timelineOf(trace, settleSeconds) };
}

function timelineOf({ input, script }: Trace, settleSeconds: number): TraceEntry[] {
  const canary = input.at(-1);
  const target = input.find(({ kind }) => kind === 'Deployment');
  if (canary === undefined || target === undefined) throw new Error('a Deployment and its Canary');
  const flagger = new Flagger(fields(canary['spec']), target, script);
  const notes = new Notes(canary.metadata.name, flagger);
  notes.write({ kind: 'status', status: flagger.status });
  const driver = new Script(script, settleSeconds);
  for (let second = 1; second <= SECONDS_MAX; second += 1) {
    notes.at(second);
    if (second % TICK_SECONDS === 0) {
      for (const write of flagger.tick(second * 1_000)) notes.write(write);
      continue;
    }
    // Whoever acts does so between two ticks.
    const { phase, canaryWeight: weight } = flagger.status;
    const act = driver.due({ phase, weight }, flagger.said, second * 1_000);
    if (act === 'end') return [...notes.entries, { t: second, kind: 'End', name: '', what: '' }];
    if (act === undefined) continue;
    notes.action(act);
    perform(flagger, act, notes, second * 1_000);
  }
  return notes.entries;
}

function perform(flagger: Flagger, action: TraceAction, notes: Notes, nowMs: number): void {
  switch (action.do) {
    case 'template':
      return flagger.editTarget((target) => released(target, action), nowMs);
    case 'patch':
      if (action.kind === 'Canary') {
        flagger.spec = fields(merge(flagger.spec, action.patch['spec']));
        return;
      }
      if (action.kind === 'Deployment') {
        return flagger.editTarget((target) => merge(target, action.patch) as TraceManifest, nowMs);
      }
      throw new Error(`the model knows nothing of ${action.kind}`);
    case 'vsweights':
      flagger.weights = { ...flagger.weights, canary: action.canary, primary: 100 - action.canary };
      return notes.write({ kind: 'route', weights: flagger.weights });
    case 'delete':
    case 'create':
      throw new Error(`the model knows nothing of ${action.do}`);
  }
}

/** The timeline of a recording, as its entries come. */
class Notes {
  readonly entries: TraceEntry[] = [];
  readonly #name: string;
  readonly #flagger: Flagger;
  readonly #target: string;
  #seconds = 0;
  #targetStatus = '';

  constructor(name: string, flagger: Flagger) {
    this.#name = name;
    this.#flagger = flagger;
    this.#target = String(fields(flagger.spec['targetRef'])['name']);
  }

  at(seconds: number): void {
    this.#seconds = seconds;
    const status = this.#flagger.targetStatus(seconds * 1_000);
    const text = JSON.stringify(status['availableReplicas']);
    if (text !== this.#targetStatus) this.#object('Deployment', this.#target, { status });
    this.#targetStatus = text;
  }

  /** Within a tick one thing comes after another. */
  #now(): number {
    this.#seconds += 0.01;
    return this.#seconds;
  }

  write(write: Write): void {
    const target = this.#target;
    switch (write.kind) {
      case 'status':
        return this.#object('Canary', this.#name, { ...write.status });
      case 'primary':
        return this.#object('Deployment', `${target}-primary`, { images: write.images });
      case 'route':
        return this.#object('VirtualService', target, {
          spec: virtualService(this.#flagger.spec, target, write.weights),
        });
      case 'hook': {
        const payload = { name: this.#name, phase: write.phase };
        const t = this.#now();
        this.entries.push({ t, kind: 'Webhook', name: write.name, what: { payload } });
      }
    }
  }

  action({ when: _, ...action }: TraceAction): void {
    this.entries.push({ t: this.#now(), kind: 'Action', name: action.do, what: { ...action } });
  }

  #object(kind: string, name: string, what: Fields): void {
    this.entries.push({ t: this.#now(), rv: this.entries.length, kind, name, what });
  }
}

/** @see https://docs.flagger.app/faq for the shapes; a lone destination keeps its written weight */
function virtualService(spec: Fields, apex: string, weights: Weights): Fields {
  const { match, mirrorWeight } = fields(spec['analysis']);
  const { timeout } = fields(spec['service']);
  const common = timeout === undefined ? {} : { timeout };
  const route = [
    { destination: { host: `${apex}-primary` }, weight: weights.primary },
    { destination: { host: `${apex}-canary` }, weight: weights.canary },
  ];
  const mirrored = weights.isMirrored
    ? {
        mirror: { host: `${apex}-canary` },
        ...(mirrorWeight === undefined ? {} : { mirrorPercentage: { value: mirrorWeight } }),
      }
    : {};
  const http =
    match === undefined
      ? [{ route, ...common, ...mirrored }]
      : [
          { match, route, ...common, ...mirrored },
          { route: route.slice(0, 1), ...common },
        ];
  return { gateways: ['mesh'], hosts: [apex], http };
}
