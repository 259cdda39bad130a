import { type Fields, fields, list } from '../fields.ts';
import { Script } from '../script.ts';
import { merge } from '../scripted-source.ts';
import { Trace, type TraceAction, type TraceEntry } from '../trace.ts';
import { Flagger, type Weights, type Write } from './flagger.ts';

const TICK_SECONDS = 10;
const TICKS_MAX = 120;

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
  const { name = '' } = canary?.metadata ?? {};
  const spec = fields(canary?.['spec']);
  const target = input.find(({ kind }) => kind === 'Deployment');
  const flagger = new Flagger(spec, imageOf(target?.['spec']), script);
  const notes = new Notes(name, spec);
  notes.write({ kind: 'status', status: flagger.status });
  const driver = new Script(script, settleSeconds);
  for (let tick = 1; tick <= TICKS_MAX; tick += 1) {
    notes.at(tick * TICK_SECONDS);
    for (const write of flagger.tick()) notes.write(write);
    // Whoever acts does so between two ticks.
    for (let second = 1; second < TICK_SECONDS; second += 1) {
      const atSeconds = tick * TICK_SECONDS + second;
      notes.at(atSeconds);
      const { phase, canaryWeight: weight } = flagger.status;
      const act = driver.due({ phase, weight }, [], atSeconds * 1_000);
      if (act === 'end') return notes.entries;
      if (act === undefined) continue;
      notes.action(act);
      perform(flagger, act, notes);
    }
  }
  return notes.entries;
}

function perform(flagger: Flagger, action: TraceAction, notes: Notes): void {
  switch (action.do) {
    case 'template':
      flagger.target = action.image ?? flagger.target;
      return;
    case 'patch':
      if (action.kind === 'Canary') {
        flagger.spec = fields(merge(flagger.spec, action.patch['spec']));
        return;
      }
      throw new Error(`the model knows nothing of ${action.kind}`);
    case 'vsweights':
      flagger.weights = { ...flagger.weights, canary: action.canary, primary: 100 - action.canary };
      notes.write({ kind: 'route', weights: flagger.weights });
      return;
    case 'create':
    case 'delete':
      throw new Error(`the model knows nothing of ${action.do}`);
  }
}

function imageOf(spec: unknown): string {
  const [container] = list(fields(fields(fields(spec)['template'])['spec'])['containers']);
  return String(container?.['image']);
}

/** The timeline of a recording, as its entries come. */
class Notes {
  readonly entries: TraceEntry[] = [];
  #seconds = 0;
  readonly #name: string;
  readonly #spec: Fields;

  constructor(name: string, spec: Fields) {
    this.#name = name;
    this.#spec = spec;
  }

  at(seconds: number): void {
    this.#seconds = seconds;
  }

  /** Within a tick one thing comes after another. */
  #now(): number {
    this.#seconds += 0.01;
    return this.#seconds;
  }

  write(write: Write): void {
    const target = String(fields(this.#spec['targetRef'])['name']);
    switch (write.kind) {
      case 'status':
        return this.#object('Canary', this.#name, { ...write.status });
      case 'primary':
        return this.#object('Deployment', `${target}-primary`, { images: [write.image] });
      case 'route':
        return this.#object('VirtualService', target, {
          spec: virtualService(this.#spec, target, write.weights),
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
      ? [{ route, ...mirrored }]
      : [{ match, route, ...mirrored }, { route: route.slice(0, 1) }];
  return { gateways: ['mesh'], hosts: [apex], http };
}
