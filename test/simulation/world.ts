import assert from 'node:assert/strict';
import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { EnginePorts } from '../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../engine/controller/memory.ts';
import { OwnedEdits } from '../../engine/controller/owned-edits.ts';
import { planPass, runPass } from '../../engine/controller/pass.ts';
import { GitServer, PushGate } from '../../engine/controller/push-gate.ts';
import type { PassResult } from '../../engine/controller/result.ts';
import { createSourceInterpreter } from '../../engine/controller/source-interpreter.ts';
import type { PushBudget } from '../../engine/core/push-budget.ts';
import type { Clock } from '../../engine/ports/clock.ts';
import { T0_MS } from '../support/builders.ts';
import {
  checkCommit,
  checkRequests,
  checkWaits,
  checkWorld,
  ownedPaths,
  recordAt,
  type WorldBefore,
} from './invariants.ts';
import { createDice, type Dice } from './random.ts';
import { SimulatedCluster } from './simulated-cluster.ts';
import { SimulatedEdits } from './simulated-edits.ts';
import { SimulatedHooks } from './simulated-hooks.ts';
import { SimulatedPeople } from './simulated-people.ts';
import { SimulatedCrash, SimulatedRepository } from './simulated-repository.ts';
import { SimulatedSource } from './simulated-source.ts';

export interface WorldOptions {
  readonly names?: readonly string[];
  readonly budget?: PushBudget;
  /** Somebody edits the engine's files. */
  readonly edits?: true;
}

/** What the server of a repository takes, and the engine knows of. */
const BUDGETS: readonly PushBudget[] = [
  { perMinute: 6, reserved: 2 },
  { perMinute: 2, reserved: 1 },
];

const silent = { info() {}, warn() {}, error() {} };

/** The whole engine in a simulated world. One seed drives everything. */
export class World {
  readonly dice: Dice;
  readonly repository: SimulatedRepository;
  readonly cluster: SimulatedCluster;
  readonly source: SimulatedSource;
  /** Nobody has set the clock back, and no engine has died, which make it forget its pushes. */
  knowsItsPushes = true;
  readonly #budget: PushBudget | undefined;
  readonly hooks: SimulatedHooks;
  readonly people: SimulatedPeople;
  readonly edits: SimulatedEdits | undefined;
  #nowMs = T0_MS;
  #elapsedMs = 0;
  /** Applications that could be reached. */
  readonly #served = new Set<string>();
  /** Applications that were taken away, and may still be there. */
  readonly #removed = new Set<string>();
  #isDiverse = false;
  #checked = 0;
  /** What an engine keeps between two passes; gone when it dies. */
  #memory = new EngineMemory();
  #interpret = createSourceInterpreter();
  #gate: PushGate;

  constructor(seed: number, options: WorldOptions = {}) {
    this.dice = createDice(seed);
    const nowMs = () => this.#nowMs;
    this.repository = new SimulatedRepository(this.dice, nowMs, () => this.#elapsedMs);
    this.cluster = new SimulatedCluster(this.dice, this.repository, nowMs);
    const names = ['reviews', 'ratings', 'details'].slice(0, this.dice.int(1, 3));
    this.source = new SimulatedSource(this.dice, options.names ?? names);
    this.hooks = new SimulatedHooks(this.dice);
    this.people = new SimulatedPeople(this.dice, this.repository, this.source);
    this.edits =
      options.edits === undefined ? undefined : new SimulatedEdits(this.dice, this.repository);
    const budget = this.dice.pick([undefined, undefined, ...BUDGETS]);
    this.#budget = options.budget ?? budget;
    this.repository.limit = this.#budget?.perMinute;
    this.#gate = this.#newGate();
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Canaries of every kind, and an engine that does not always wait for its answers. */
  diversify(): void {
    this.#isDiverse = true;
    this.source.diversify();
  }

  /** One turn of the world, and one pass of the engine, which may not survive it. */
  async step(afterMs = this.dice.int(1_000, 30_000)): Promise<PassResult | undefined> {
    this.#nowMs += afterMs;
    this.#elapsedMs += afterMs;
    if (this.cluster.faults && this.dice.chance(0.01)) this.#jump();
    if (this.cluster.faults && this.dice.chance(0.01)) this.repository.humanCommit();
    if (this.cluster.faults) this.source.tick();
    if (this.#isDiverse) await this.people.tick();
    this.edits?.tick();
    this.cluster.tick();
    this.#checkPlain();
    if (this.cluster.faults && this.dice.chance(0.05)) this.#forget();
    const before = this.#look();
    let result: PassResult | undefined;
    try {
      const isImpatient = this.#isDiverse && this.dice.chance(0.2);
      const patience = isImpatient ? { patience: () => Promise.resolve() } : {};
      result = await runPass({ ...this.ports(), ...patience }, this.#memory);
      if (this.cluster.answeredAll) checkWaits(result, before);
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
      this.#forget();
    }
    this.checkNewCommits(before);
    this.#checkServed();
    if (this.knowsItsPushes) checkRequests(this.repository);
    return result;
  }

  /** Faults end, the source says its last word, and every rollout must come to its end. */
  async settle(stepsMax: number): Promise<void> {
    for (const part of this.#parts) part.faults = false;
    this.source.settle();
    this.hooks.settle();
    for (let step = 0; step < stepsMax && !(await this.isSettled()); step += 1) await this.step();
    assert.ok(
      await this.isSettled(),
      `not settled: ${JSON.stringify(this.records(), undefined, 1)}`,
    );
    this.cluster.tick();
    for (const app of this.source.apps) this.#checkEnd(app);
  }

  #checkEnd({ name, presence, kind }: SimulatedSource['apps'][number]): void {
    const { tip } = this.repository;
    const record = recordAt(tip, keyOf(name));
    if (presence === 'canary') {
      assert.ok(record?.phase === 'Succeeded' || record?.phase === 'Initialized');
      assert.equal(record.weights.canary, 0);
      return;
    }
    if (tip !== undefined) assert.deepEqual(ownedPaths(tip, keyOf(name)), []);
    const { live } = this.cluster.objects;
    const names = [...live.keys()].filter((id) => new RegExp(`/${name}(-|$)`).test(id));
    const kinds = names.map((id) => id.replace('/default', '').replace(/-.*/, '-…')).toSorted();
    if (presence === 'gone') assert.deepEqual(kinds, []);
    else
      assert.deepEqual(
        kinds.filter((id) => !/^(ConfigMap|Service|HorizontalPodAutoscaler)/.test(id)),
        [`${kind}/${name}`],
      );
    if (presence === 'plain' || this.#served.has(name)) {
      assert.equal(this.cluster.objects.servingTrouble(name), undefined);
    }
  }

  /** A Service that is the source's own goes with it: the engine has never met its Canary. */
  #checkPlain(): void {
    for (const { name, presence } of this.source.apps) {
      const folders = ['workloads/default/_other', 'traffic/default/_other'];
      const texts = folders.map((folder) =>
        this.repository.tip?.files.get(`${folder}/service-${name}.yaml`),
      );
      const isOwn = texts.some((text) => text?.includes('serin/stays-with') === false);
      if (presence === 'bare' && isOwn) this.#noteRemoval(name);
    }
  }

  #noteRemoval(name: string): void {
    this.#served.delete(name);
    this.#removed.add(name);
  }

  /** Whoever could once be reached can always be, until people take it away with its target. */
  #checkServed(): void {
    for (const { name, presence } of this.source.apps) {
      const trouble = this.cluster.objects.servingTrouble(name);
      if (presence === 'gone') this.#noteRemoval(name);
      else if (trouble !== undefined) {
        assert.ok(!this.#served.has(name), `${name} could be reached before: ${trouble}`);
        this.#removed.delete(name);
      } else if (!this.#removed.has(name)) this.#served.add(name);
    }
  }

  /** A pass over a settled world adds nothing; nor does another engine that starts from Git. */
  async checkAtRest(): Promise<void> {
    const { length } = this.repository.commits;
    await this.step();
    await this.step();
    assert.equal(this.repository.commits.length, length);
  }

  /** Two engines that look at the same world want the same commits, to the byte. */
  async checkSameDecision(): Promise<void> {
    const before = this.#parts.map((part) => part.faults);
    for (const part of this.#parts) part.faults = false;
    const newcomer = { ...this.ports(), interpret: createSourceInterpreter() };
    const [one, other] = [await planPass(this.ports()), await planPass(newcomer)];
    assert.deepEqual(one.drafts, other.drafts);
    await this.#checkSameEdits();
    for (const [index, part] of this.#parts.entries()) part.faults = before[index] ?? true;
  }

  /** What an engine that goes on takes for edited is what one that is started anew does. */
  async #checkSameEdits(): Promise<void> {
    const tip = this.repository.tip?.id;
    const known = await this.#memory.editsOn('').at(this.repository, tip);
    assert.deepEqual(known, await new OwnedEdits().at(this.repository, tip));
  }

  checkNewCommits(before: ReadonlyMap<CanaryKey, WorldBefore>): void {
    for (const commit of this.repository.commits.slice(this.#checked)) {
      checkCommit(this.repository, commit);
      this.edits?.check(commit);
      if (this.cluster.answeredAll) checkWorld(commit, before);
    }
    this.#checked = this.repository.commits.length;
  }

  records(): ReturnType<typeof recordAt>[] {
    return this.source.apps.map(({ name }) => recordAt(this.repository.tip, keyOf(name)));
  }

  /** Nothing is left to commit, and no canary waits for anything. */
  async isSettled(): Promise<boolean> {
    const { drafts, proposals, trouble } = await planPass(this.ports(), this.#memory, 'nobody');
    // A pass that could not look, because a server wants to be left alone, says nothing of anybody.
    const isDone = proposals.every(({ outcome }) => outcome.result.kind === 'done');
    return trouble === undefined && drafts.length === 0 && isDone;
  }

  /** What is true before a pass, whatever the engine will see of it. */
  #look(): ReadonlyMap<CanaryKey, WorldBefore> {
    this.cluster.answeredAll = true;
    return new Map(
      this.source.apps.map(({ name }) => {
        const key = keyOf(name);
        const isDown = this.cluster.isDown(key);
        return [key, { isDown, isKnownNotToFollow: this.cluster.isKnownNotToFollow(key) }] as const;
      }),
    );
  }

  ports(): EnginePorts {
    const clock: Clock = {
      nowMs: () => this.#nowMs,
      sleep: () => Promise.resolve(),
    };
    return {
      source: this.source,
      interpret: this.#interpret,
      delivery: this.repository,
      workloads: this.cluster,
      endpoints: this.cluster,
      sync: this.cluster,
      traffic: this.cluster,
      metrics: this.cluster,
      webhooks: this.hooks,
      clock,
      random: this.dice,
      logger: silent,
      gate: this.#gate,
      edits: this.edits?.policy,
    };
  }

  #forget(): void {
    this.#memory = new EngineMemory();
    this.#interpret = createSourceInterpreter();
    this.#gate = this.#newGate();
    this.knowsItsPushes = false;
  }

  #newGate(): PushGate {
    const clock = { nowMs: () => this.#nowMs, sleep: () => Promise.resolve() };
    return new PushGate(new GitServer('git.test'), this.#budget, clock);
  }

  get #parts() {
    const edits = this.edits === undefined ? [] : [this.edits];
    return [this.repository, this.cluster, this.source, this.hooks, this.people, ...edits];
  }

  /** The machine's clock is set: forwards by an hour, or backwards. */
  #jump(): void {
    this.knowsItsPushes = false;
    this.#nowMs += this.dice.pick([3_600_000, -120_000, 600_000]);
  }
}

function keyOf(name: string): CanaryKey {
  return `default/${name}`;
}
