import type { AuditedCommit } from '../../../../engine/ports/branch-history.ts';

/** A branch in memory: its commits, and contents by id. */
export interface Branch {
  readonly commits: readonly AuditedCommit[];
  readonly contents: ReadonlyMap<string, string>;
}

/** A lie told about a branch. */
export type Forgery = (branch: Branch) => Branch;

const ROLLOUT = 'rollouts/default/reviews';
const RECORD = `${ROLLOUT}/record.yaml`;
const VIRTUAL_SERVICE = 'traffic/default/reviews/virtualservice-reviews.yaml';

const decisionAt = (decision: string, nth = 1) => {
  return (commits: readonly AuditedCommit[]) => {
    const all = commits.flatMap(({ message }, index) =>
      message.includes(`\nDecision: ${decision}\n`) ? [index] : [],
    );
    const index = all[nth - 1];
    if (index === undefined) throw new Error(`no ${nth}. ${decision} in this history`);
    return index;
  };
};

type Pick = ReturnType<typeof decisionAt>;

function changing(
  pick: Pick,
  change: (commit: AuditedCommit, branch: Branch) => AuditedCommit,
): Forgery {
  return (branch) => {
    const at = pick(branch.commits);
    const commits = branch.commits.map((commit, index) =>
      index === at ? change(commit, branch) : commit,
    );
    return { ...branch, commits };
  };
}

/** Edits the text of a file that the commit wrote; from then on until it is written again. */
function editing(pick: Pick, path: string | RegExp, edit: (text: string) => string): Forgery {
  return (branch) => {
    const commit = branch.commits[pick(branch.commits)];
    const change = commit?.changes.find((each) =>
      typeof path === 'string' ? each.path === path : path.test(each.path),
    );
    const text = branch.contents.get(change?.after ?? '');
    if (commit === undefined || change === undefined || text === undefined) {
      throw new Error(`${String(path)} is not written there`);
    }
    const edited = edit(text);
    if (edited === text) throw new Error(`the edit of ${change.path} changes nothing`);
    const id = `forged ${change.path}`;
    const changes = commit.changes.map((each) => (each === change ? { ...each, after: id } : each));
    return {
      commits: branch.commits.map((each) => (each === commit ? { ...each, changes } : each)),
      contents: new Map([...branch.contents, [id, edited]]),
    };
  };
}

function writing(pick: Pick, path: string, text: string): Forgery {
  return (branch) => {
    const id = `forged ${path}`;
    const added = { path, before: undefined, after: id, mode: '100644' };
    const forged = changing(pick, (commit) => ({ ...commit, changes: [...commit.changes, added] }));
    return { ...forged(branch), contents: new Map([...branch.contents, [id, text]]) };
  };
}

const saying = (pick: Pick, edit: (message: string) => string) =>
  changing(pick, (commit) => ({ ...commit, message: edit(commit.message) }));

/** Takes commits out, or puts them elsewhere; the others follow each other without a gap. */
function arranging(
  arrange: (commits: readonly AuditedCommit[]) => readonly AuditedCommit[],
): Forgery {
  return (branch) => {
    const commits = arrange(branch.commits).map((commit, index, all) => ({
      ...commit,
      parents: index === 0 ? [] : [all[index - 1]?.commit ?? ''],
    }));
    return { ...branch, commits };
  };
}

const advance = (nth: number) => decisionAt('advance', nth);
const replaced = (from: string | RegExp, to: string) => (text: string) => text.replace(from, to);

/** Every kind of lie that verification must find. */
export const FORGERIES: Readonly<Record<string, Forgery>> = {
  'a weight in the record': editing(advance(2), RECORD, (text) =>
    text.replace('primary: 80', 'primary: 60').replace('canary: 20', 'canary: 40'),
  ),
  'a weight in the route': editing(advance(2), VIRTUAL_SERVICE, (text) =>
    text.replace('weight: 80', 'weight: 60').replace('weight: 20', 'weight: 40'),
  ),
  'a weight in the trailers': saying(advance(2), replaced('Weight: 20', 'Weight: 10')),
  'a co-author of a step': saying(advance(2), (text) => `${text}Co-authored-by: M <m@x.org>\n`),
  'a measured value': editing(advance(3), /evidence/, replaced('"value": 100', '"value": 93')),
  'a verdict': editing(decisionAt('check-failed', 1), /evidence/, (text) =>
    text.replaceAll('"verdict": "fail"', '"verdict": "pass"'),
  ),
  'a bound in the evidence': editing(advance(3), /evidence/, replaced('"min": 99', '"min": 9')),
  'a check that is left out of the evidence': editing(advance(3), /evidence/, (text) => {
    const evidence = JSON.parse(text) as { checks: unknown[] };
    return `${JSON.stringify({ ...evidence, checks: evidence.checks.slice(0, -1) }, undefined, 2)}\n`;
  }),
  'the digest of the evidence': saying(
    advance(3),
    replaced(/Evidence: sha256:\w{8}/, 'Evidence: sha256:00000000'),
  ),
  'evidence that is missing': changing(advance(3), (commit) => ({
    ...commit,
    changes: commit.changes.filter(({ path }) => !path.includes('/evidence/')),
  })),
  'a step that was skipped': arranging((commits) => {
    const at = advance(2)(commits);
    return commits.filter((_, index) => index !== at);
  }),
  'a step that was taken twice': arranging((commits) => {
    const at = advance(2)(commits);
    return [...commits.slice(0, at + 1), ...commits.slice(at)];
  }),
  'two decisions in another order': arranging((commits) => {
    const at = advance(2)(commits);
    const [first, second] = [commits[at], commits[at + 1]];
    if (first === undefined || second === undefined) throw new Error('no two decisions');
    return [...commits.slice(0, at), second, first, ...commits.slice(at + 2)];
  }),
  'a history that begins later': arranging((commits) => commits.slice(1)),
  'a failed check that was not counted': editing(
    decisionAt('check-failed', 3),
    RECORD,
    replaced('failedChecks: 3', 'failedChecks: 2'),
  ),
  'a phase': editing(advance(1), RECORD, replaced('phase: Progressing', 'phase: Succeeded')),
  'a decision that is called by another name': saying(
    advance(5),
    replaced('Decision: advance', 'Decision: promote'),
  ),
  'a revision that was not analysed, promoted': editing(
    decisionAt('promote'),
    /deployment-reviews-primary/,
    replaced('reviews-v2', 'reviews-v9'),
  ),
  'a revision that was slipped into the target': editing(
    decisionAt('start', 2),
    /deployment-reviews\.yaml/,
    replaced('reviews-v3', 'reviews-v9'),
  ),
  'a rollback that does not return to the base': editing(
    decisionAt('rollback'),
    VIRTUAL_SERVICE,
    (text) => text.replace('weight: 100', 'weight: 90').replace('weight: 0', 'weight: 10'),
  ),
  'a rejected revision that is not in the ledger': changing(decisionAt('rollback'), (commit) => ({
    ...commit,
    changes: commit.changes.filter(({ path }) => !path.endsWith('rejected.yaml')),
  })),
  'a commit that a rollback did not undo': saying(
    decisionAt('rollback'),
    replaced(/Reverts: \w{8}/, 'Reverts: 00000000'),
  ),
  'a source commit': saying(advance(1), replaced(/Source: \w{8}/, 'Source: 00000000')),
  'the time of a decision': changing(advance(4), (commit) => ({
    ...commit,
    committedMs: commit.committedMs - 3_600_000,
  })),
  'a base that is no commit of the branch': editing(
    decisionAt('start', 2),
    RECORD,
    replaced(/base: \w{8}/, 'base: 00000000'),
  ),
  'a file of another canary': writing(
    advance(1),
    'traffic/default/ratings/virtualservice-ratings.yaml',
    'kind: VirtualService\n',
  ),
  'a file outside the owned folders': writing(advance(1), '.github/workflows/x.yaml', 'on: push\n'),
  "a person's control file, written by the engine": writing(
    advance(1),
    `${ROLLOUT}/control.yaml`,
    'pause: true\n',
  ),
  'a symbolic link': changing(advance(2), (commit) => ({
    ...commit,
    changes: commit.changes.map((change) => ({ ...change, mode: '120000' })),
  })),
  'an edit by hand of what the engine owns': changing(advance(2), (commit) => ({
    ...commit,
    message: 'fix the weights\n',
  })),
  'a merge that takes a decision': changing(advance(2), (commit) => ({
    ...commit,
    parents: [...commit.parents, 'f'.repeat(40)],
  })),
  'words of the message': saying(advance(3), replaced('checks passed', 'checks passed!')),
};

/** Lies about signatures, found where every decision must be signed. */
export const SIGNATURE_FORGERIES: Readonly<Record<string, Forgery>> = {
  'a decision without a signature': changing(advance(2), (commit) => ({
    ...commit,
    signature: 'none',
  })),
  'a decision with a bad signature': changing(advance(2), (commit) => ({
    ...commit,
    signature: 'bad',
  })),
};
