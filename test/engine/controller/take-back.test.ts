import { describe, expect, it } from 'vitest';
import { createGitSourceReader } from '../../../engine/adapters/git/git-source-reader.ts';
import { createGitSourceWriter } from '../../../engine/adapters/git/git-source-writer.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { createSourceInterpreter } from '../../../engine/controller/source-interpreter.ts';
import { takeBackRejected, type TakeBackPolicy } from '../../../engine/controller/take-back.ts';
import type { EnginePorts } from '../../../engine/controller/engine-ports.ts';
import { aRecord, T0_MS } from '../../support/builders.ts';
import { Remote } from '../../support/git-sandbox.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';

const KEY = 'default/reviews';
const IDENTITY = { name: 'Serin', email: 'serin@localhost' };

/** A source whose newest release of `reviews`, v2, has failed; v1 is promoted. */
class Failed {
  readonly remote = new Remote();
  readonly before: string;
  readonly released: string;
  readonly lines: string[] = [];
  readonly memory = new EngineMemory();
  readonly interpret = createSourceInterpreter();
  readonly source: EnginePorts['source'];
  readonly policy: TakeBackPolicy;

  constructor(
    to: TakeBackPolicy['to'],
    released: Readonly<Record<string, string>> = release('v2'),
  ) {
    this.before = this.remote.commit('main', {
      'canary.yaml': aCanaryFile(),
      ...release('v1'),
      'ratings.yaml': ratings('v1'),
    });
    this.released = this.remote.commit('main', released, 'release v2');
    const clone = this.remote.clone();
    this.source = createGitSourceReader({ clone, branch: 'main', path: '.', namesPeople: false });
    const signatories = { author: IDENTITY, committer: IDENTITY };
    this.policy = { writer: createGitSourceWriter({ ...signatories, clone, branch: 'main' }), to };
  }

  async pass(): Promise<void> {
    const read = await this.source.read();
    if (read.kind !== 'read') throw new Error(read.why);
    const loaded = this.interpret(read.snapshot, new Set());
    const ports = {
      source: this.source,
      interpret: this.interpret,
      clock: { nowMs: () => T0_MS, sleep: () => Promise.resolve() },
      logger: {
        info: (text: string) => void this.lines.push(text),
        warn: (text: string) => void this.lines.push(text),
        error: (text: string) => void this.lines.push(text),
      },
      takeBack: this.policy,
    } as unknown as EnginePorts;
    const rejected = {
      revision: await this.revisionAt(this.released),
      source: this.released,
      reason: 'success rate 95 below 99',
      rejectedAtMs: T0_MS,
      attempts: 1,
    };
    const record = aRecord({
      phase: 'Failed',
      awaiting: 'revision',
      promoted: { revision: await this.revisionAt(this.before), source: this.before },
      rollout: { ...ROLLOUT, revision: rejected.revision, source: this.released },
    });
    const states = new Map([[KEY, { kind: 'sound', record, rejected: [rejected] }]]);
    await takeBackRejected(ports, this.memory, { loaded, states } as never);
  }

  async revisionAt(commit: string): Promise<string> {
    const text = this.remote.git('show', `${commit}:reviews.yaml`);
    const files = [
      { path: 'canary.yaml', text: aCanaryFile() },
      { path: 'reviews.yaml', text },
    ];
    const { canaries } = createSourceInterpreter()({ commit, files }, new Set());
    return Promise.resolve(canaries[0]?.revision ?? '');
  }

  get branches(): readonly string[] {
    return this.remote.git('branch', '--format=%(refname:short)').trim().split('\n');
  }
}

const ROLLOUT = {
  number: 1,
  attempt: 1,
  base: '0'.repeat(40),
  baseConfigDigest: 'x',
  strategyDigest: 'x',
  failedChecks: 1,
  iterations: 0,
  evaluations: 1,
  outcome: 'failed',
  startedAtMs: T0_MS,
} as const;

function release(version: string): Readonly<Record<string, string>> {
  return { 'reviews.yaml': aDeploymentFile({ version }) };
}

function ratings(version: string): string {
  const canary = aCanaryFile({ name: 'ratings' });
  return `${canary}---\n${aDeploymentFile({ name: 'ratings', version })}`;
}

describe('a rejected release', () => {
  it('is taken out of the source by one commit that says why and what it reverts', async () => {
    const world = new Failed('commit');
    await world.pass();
    expect(world.remote.file('main', 'reviews.yaml')).toBe(release('v1')['reviews.yaml']);
    const message = world.remote.git('log', '-1', '--format=%B', 'main');
    expect(message).toContain('reviews.default: take back revision ');
    expect(message).toContain('It was rolled back: success rate 95 below 99');
    expect(message).toContain(`This reverts commit ${world.released}.`);
    expect(message).toContain('Canary: default/reviews\nDecision: take-back\n');
  });

  it('is left alone once it is taken back, also by an engine that knows nothing of it', async () => {
    const world = new Failed('commit');
    await world.pass();
    world.memory.takenBack.clear();
    await world.pass();
    expect(world.remote.subjects('main')).toHaveLength(3);
  });

  it('is put on a branch for people where the configuration says so, once', async () => {
    const world = new Failed('branch');
    await world.pass();
    world.memory.takenBack.clear();
    await world.pass();
    const revision = await world.revisionAt(world.released);
    const branch = `serin/take-back/default/reviews/${revision}`;
    expect(world.branches).toEqual(['main', branch]);
    expect(world.remote.file(branch, 'reviews.yaml')).toBe(release('v1')['reviews.yaml']);
    expect(world.remote.subjects('main')).toEqual(['release v2', 'by hand']);
  });

  it('goes without what people have changed since in other lines of its files', async () => {
    const world = new Failed('commit');
    const later = aDeploymentFile({ version: 'v2', annotation: 'books' });
    world.remote.commit('main', { 'reviews.yaml': later });
    await world.pass();
    const file = world.remote.file('main', 'reviews.yaml');
    expect(file).toBe(aDeploymentFile({ version: 'v1', annotation: 'books' }));
  });

  it('that shares its files with a neighbour’s is for people to look at: nobody else is taken back', async () => {
    const both = (version: string) => `${release(version)['reviews.yaml']}---\n${ratings(version)}`;
    const world = new Failed('commit', { 'reviews.yaml': both('v2'), 'ratings.yaml': '' });
    await world.pass();
    expect(world.remote.subjects('main')[0]).toBe('release v2');
    expect(world.branches).toHaveLength(2);
  });

  it('stays in the source where the configuration says nothing', async () => {
    const world = new Failed('commit');
    Object.assign(world, { policy: undefined });
    await world.pass();
    expect(world.remote.subjects('main')).toHaveLength(2);
  });
});
