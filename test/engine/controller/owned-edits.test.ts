import { describe, expect, it } from 'vitest';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { OwnedEdits } from '../../../engine/controller/owned-edits.ts';
import type { DeliveryRepository } from '../../../engine/ports/delivery-repository.ts';
import { Remote, write } from '../../support/git-sandbox.ts';

const BRANCH = 'delivery/test';
const CANARY: CanaryKey = 'shop/cart';
const ROUTE = 'traffic/shop/cart/route.yaml';
const RECORD = 'rollouts/shop/cart/record.yaml';

/** A branch with one canary, and how often Git is asked for what. */
class Branch {
  readonly remote = new Remote();
  readonly edits = new OwnedEdits();
  readonly asked = { history: 0, read: 0, items: 0 };
  readonly #delivery = this.remote.delivery(BRANCH);
  #at = 0;

  /** A commit of the engine. */
  async decide(files: Readonly<Record<string, string>>, canary = CANARY): Promise<string> {
    await this.#delivery.refresh();
    const tip = await this.#tip();
    const changes = Object.entries(files).map(([path, text]) => write(path, text));
    const message = `a decision\n\nCanary: ${canary}\nDecision: advance\n`;
    const draft = { message, changes, atMs: (this.#at += 60_000) };
    const outcome = await this.#delivery.publish([draft], tip);
    if (outcome.kind !== 'pushed') throw new Error(outcome.kind);
    return outcome.commits[0] ?? '';
  }

  async paths(edits = this.edits): Promise<readonly string[]> {
    const found = await edits.at(this.#counting(), await this.#tip());
    return [...(found.get(CANARY)?.keys() ?? [])];
  }

  async #tip(): Promise<string | undefined> {
    const refreshed = await this.#delivery.refresh();
    return refreshed.kind === 'fresh' ? refreshed.tip : undefined;
  }

  #counting(): DeliveryRepository {
    const delivery = this.#delivery;
    return {
      refresh: () => delivery.refresh(),
      list: (commit, folder) => delivery.list(commit, folder),
      items: (commit, folder) => {
        this.asked.items += 1;
        return delivery.items(commit, folder);
      },
      read: (blobs) => {
        this.asked.read += 1;
        return delivery.read(blobs);
      },
      containment: (...asked) => delivery.containment(...asked),
      publish: (drafts, onto) => delivery.publish(drafts, onto),
      history: (query) => {
        this.asked.history += 1;
        return delivery.history(query);
      },
    };
  }
}

async function delivered(): Promise<Branch> {
  const branch = new Branch();
  await branch.decide({ [ROUTE]: 'weight: 0\n', [RECORD]: 'step: 0\n' });
  await branch.paths();
  return branch;
}

describe('what a pass asks Git', () => {
  it('is nothing, while this engine alone moves the branch', async () => {
    const branch = await delivered();
    const { asked } = branch;
    Object.assign(asked, { history: 0, items: 0 });
    let onto = branch.remote.git('rev-parse', BRANCH).trim();
    for (const step of [1, 2, 3]) {
      const tip = await branch.decide({
        [ROUTE]: `weight: ${step}\n`,
        [RECORD]: `step: ${step}\n`,
      });
      branch.edits.pushed(onto, tip, [CANARY]);
      expect(await branch.paths()).toEqual([]);
      onto = tip;
    }
    expect(asked).toEqual({ history: 0, read: 0, items: 0 });
  });

  it('is the list of commits, and no content, once somebody else has moved it', async () => {
    const branch = await delivered();
    const { history } = branch.asked;
    branch.remote.commit(BRANCH, { [ROUTE]: 'weight: 7\n' });
    expect(await branch.paths()).toEqual([ROUTE]);
    expect(await branch.paths()).toEqual([ROUTE]);
    expect(branch.asked).toMatchObject({ history: history + 1, read: 0 });
  });
});

describe('edits of an engine that goes on and of one that is started anew', () => {
  const steps: Readonly<Record<string, (branch: Branch) => unknown>> = {
    'the route': ({ remote }) => remote.commit(BRANCH, { [ROUTE]: 'weight: 7\n' }),
    'the record': ({ remote }) => remote.commit(BRANCH, { [RECORD]: 'step: 7\n' }),
    'another file': ({ remote }) =>
      remote.commit(BRANCH, { 'traffic/shop/cart/more.yaml': 'more: 1\n' }),
    'a control file': ({ remote }) =>
      remote.commit(BRANCH, { 'rollouts/shop/cart/control.yaml': 'version: 1\n' }),
    'the ledger': ({ remote }) =>
      remote.commit(BRANCH, { 'rollouts/shop/cart/rejected.yaml': 'version: 1\n' }),
    'what belongs to no canary': ({ remote }) =>
      remote.commit(BRANCH, { 'workloads/shop/_other/configmap-x.yaml': 'x: 1\n' }),
    'a canary that is not the engine’s yet': ({ remote }) =>
      remote.commit(BRANCH, { 'traffic/shop/other/route.yaml': 'x: 1\n' }),
    'the route, and back': ({ remote }) => {
      remote.commit(BRANCH, { [ROUTE]: 'weight: 7\n' });
      remote.commit(BRANCH, { [ROUTE]: 'weight: 0\n' });
    },
    'the route, and a decision beside it': async (branch) => {
      branch.remote.commit(BRANCH, { [ROUTE]: 'weight: 7\n' });
      await branch.decide({ [RECORD]: 'step: 1\n' });
    },
    'the route, and a decision over it': async (branch) => {
      branch.remote.commit(BRANCH, { [ROUTE]: 'weight: 7\n' });
      await branch.decide({ [ROUTE]: 'weight: 1\n', [RECORD]: 'step: 1\n' });
    },
    'a file in place of the folder': ({ remote }) =>
      remote.commit(BRANCH, { [ROUTE]: undefined, 'traffic/shop/cart': 'x: 1\n' }),
  };

  it.each<[string, readonly string[]]>([
    ['the route', [ROUTE]],
    ['the record', [RECORD]],
    ['another file', ['traffic/shop/cart/more.yaml']],
    ['a control file', []],
    ['the ledger', []],
    ['what belongs to no canary', []],
    ['a canary that is not the engine’s yet', []],
    ['the route, and back', []],
    ['the route, and a decision beside it', [ROUTE]],
    ['the route, and a decision over it', []],
    ['a file in place of the folder', [ROUTE]],
  ])('are the same: %s', async (name, wanted) => {
    const branch = await delivered();
    await steps[name]?.(branch);
    expect(await branch.paths()).toEqual(wanted);
    expect(await branch.paths(new OwnedEdits())).toEqual(wanted);
  });

  it('are forgotten with the commits that made them, when the branch is rewound', async () => {
    const branch = await delivered();
    branch.remote.commit(BRANCH, { [ROUTE]: 'weight: 7\n' });
    expect(await branch.paths()).toEqual([ROUTE]);
    branch.remote.git('update-ref', `refs/heads/${BRANCH}`, `${BRANCH}~`);
    expect(await branch.paths()).toEqual([]);
  });

  it('are none on a branch that is not there', async () => {
    expect(await new Branch().paths()).toEqual([]);
  });
});
