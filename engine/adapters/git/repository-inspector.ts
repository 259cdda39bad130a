import { readFile } from 'node:fs/promises';
import { ProblemError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Finding, Inspector } from '../../ports/inspector.ts';
import type { BareClone } from './bare-clone.ts';
import { type BranchRules, readBranchRules } from './branch-rules.ts';
import type { RemoteExit } from './create-git.ts';
import { fetchFailure, pushReport } from './push-outcome.ts';

export interface InspectedRepository {
  readonly part: 'source' | 'delivery';
  readonly clone: BareClone;
  readonly branch: string;
  /** Whether the engine pushes to it. */
  readonly writes: boolean;
  /** Whether commits are signed. */
  readonly signs: boolean;
  /** The real time. */
  readonly clock: Clock;
}

/** What `GIT_CONFIG_COUNT` and a fetch of single objects need. */
const GIT_VERSION_MIN = [2, 31] as const;
/** The header `Date` has whole seconds. */
const SKEW_WARNING_MS = 5_000;
/** GitHub takes no token of an App whose clock is a minute ahead. */
const SKEW_FAILURE_MS = 60_000;

/**
 * Everything of a repository that can be known before the first push: what is asked of it is what
 * the engine itself will do, with the same credentials, and nothing is changed.
 */
export class RepositoryInspector implements Inspector {
  readonly #options: InspectedRepository;

  constructor(options: InspectedRepository) {
    this.#options = options;
  }

  async inspect(): Promise<readonly Finding[]> {
    const { clone, part } = this.#options;
    try {
      await clone.prepare();
      const version = await this.#version();
      if (version.status === 'failure') return [version];
      return [version, ...(await this.#remote())];
    } catch (error) {
      const remedy =
        error instanceof ProblemError
          ? error.problems.map((problem) => problem.remedy).join('; ')
          : 'see what the message says; the clone below the cache folder may be removed at any time';
      const message = error instanceof Error ? error.message : String(error);
      return [{ part, check: 'reachable', status: 'failure', message, remedy }];
    }
  }

  async #version(): Promise<Finding> {
    const { clone, part } = this.#options;
    const { stdout } = await clone.git.pipe(['version'], '');
    const text = stdout.toString('utf8').trim();
    const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
    const found = { part, check: 'git version', message: text };
    const isOld =
      major < GIT_VERSION_MIN[0] || (major === GIT_VERSION_MIN[0] && minor < GIT_VERSION_MIN[1]);
    if (!isOld) return { ...found, status: 'ok' };
    return {
      ...found,
      status: 'failure',
      remedy: `install Git ${GIT_VERSION_MIN.join('.')} or newer`,
    };
  }

  async #remote(): Promise<readonly Finding[]> {
    const { clone, branch, clock, writes } = this.#options;
    const packets: string[] = [];
    const ref = `refs/heads/${branch}`;
    const listed = await clone.git.remote(['ls-remote', '--', clone.url, ref], {
      onPacket: (line) => void (packets.length < PACKETS_READ && packets.push(line)),
    });
    const nowMs = clock.nowMs();
    const reached = this.#reached(listed);
    if (reached.status === 'failure') return [reached];
    const tip = /^[0-9a-f]+/.exec(listed.stdout.toString('utf8'))?.[0];
    return [
      reached,
      this.#branch(tip),
      this.#filter(packets),
      ...this.#skew(listed, nowMs),
      ...(writes ? [await this.#write(), await this.#rules()] : []),
    ];
  }

  #reached(listed: RemoteExit): Finding {
    const { clone, part } = this.#options;
    if (listed.code === 0) {
      return { part, check: 'reachable', status: 'ok', message: `${clone.url} answers` };
    }
    const failure = fetchFailure(listed);
    const check = failure.kind === 'refused' ? 'authentication' : 'reachable';
    const remedy =
      failure.kind === 'refused'
        ? failure.remedy
        : 'check the URL, the network, and what is between (proxy, firewall, DNS)';
    return { part, check, status: 'failure', message: failure.why, remedy };
  }

  #branch(tip: string | undefined): Finding {
    const { part, branch } = this.#options;
    const found = { part, check: 'branch' };
    if (tip !== undefined) {
      return { ...found, status: 'ok', message: `${branch} is at ${tip.slice(0, 8)}` };
    }
    if (part === 'delivery') {
      const message = `${branch} is not there yet: the first decision makes it`;
      return { ...found, status: 'ok', message };
    }
    const message = `the repository has no branch ${branch}`;
    return { ...found, status: 'failure', message, remedy: 'correct source.branch, or push it' };
  }

  /** A server that cannot filter sends every version of every file. */
  #filter(packets: readonly string[]): Finding {
    const { part } = this.#options;
    const found = { part, check: 'partial clone' };
    const canFilter = packets.some(
      (line) => /< fetch=.*\bfilter\b/.test(line) || /\\0.*\bfilter\b/.test(line),
    );
    if (canFilter) return { ...found, status: 'ok', message: 'the server can leave contents out' };
    return {
      ...found,
      status: 'warning',
      message: 'the server cannot leave contents out: clones hold every version of every file',
      remedy: 'set uploadpack.allowFilter on the server',
    };
  }

  #skew({ http }: RemoteExit, nowMs: number): readonly Finding[] {
    if (http?.dateMs === undefined) return [];
    const { part } = this.#options;
    const skewMs = Math.round((nowMs - (http.dateMs + 500)) / 1_000) * 1_000;
    const seconds = Math.abs(skewMs) / 1_000;
    const direction = skewMs > 0 ? 'ahead of' : 'behind';
    const message =
      seconds === 0
        ? "this clock agrees with the server's"
        : `this clock is ${seconds} s ${direction} the server's`;
    const found = { part, check: 'clock', message };
    if (seconds * 1_000 < SKEW_WARNING_MS) return [{ ...found, status: 'ok' }];
    const status = seconds * 1_000 < SKEW_FAILURE_MS ? 'warning' : 'failure';
    return [{ ...found, status, remedy: 'let both follow NTP: decisions are dated by this clock' }];
  }

  /** A push that is not made: the server says whether these credentials may, and no more. */
  async #write(): Promise<Finding> {
    const { clone, part, branch } = this.#options;
    const found = { part, check: 'write' };
    const target = `${await this.#anyCommit()}:refs/heads/${branch}`;
    const args = ['push', '--porcelain', '--no-verify', '--dry-run', '--', clone.url, target];
    const exit = await clone.git.remote(args);
    const report = pushReport({ ...exit, stdout: exit.stdout.toString('utf8') });
    switch (report.kind) {
      case 'pushed':
      case 'stale':
        return { ...found, status: 'ok', message: `the credentials may push to ${branch}` };
      case 'rejected':
        return { ...found, status: 'failure', message: report.why, remedy: report.remedy };
      case 'deferred':
      case 'unreachable':
      case 'ambiguous': {
        const remedy = 'look at the server; the engine will try again by itself';
        return { ...found, status: 'warning', message: report.why, remedy };
      }
    }
  }

  /** A commit of nothing on nothing, in the local clone alone. */
  async #anyCommit(): Promise<string> {
    const { git } = this.#options.clone;
    const tree = (await git.pipe(['mktree'], '')).stdout.toString('utf8').trim();
    const who = ['-c', 'user.name=Serin', '-c', 'user.email=serin@localhost'];
    const made = await git.pipe([...who, 'commit-tree', tree], 'a dry run\n');
    return made.stdout.toString('utf8').trim();
  }

  async #rules(): Promise<Finding> {
    const { clone, part, branch } = this.#options;
    const found = { part, check: 'protection' };
    const url = URL.parse(clone.url);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      return { ...found, status: 'ok', message: 'rules cannot be seen this way; a push will tell' };
    }
    const opened = await clone.access?.open();
    const rules = await readBranchRules({
      url,
      branch,
      login: opened?.login,
      ca: opened?.caFile === undefined ? undefined : await readFile(opened.caFile, 'utf8'),
      githubApi: opened?.githubApi,
    });
    return rules === undefined
      ? { ...found, status: 'ok', message: 'the host shows no rules; a push will tell' }
      : { ...found, ...this.#judged(rules) };
  }

  #judged({ host, mayPush, rules }: BranchRules): Pick<Finding, 'message'> & Judgement {
    const { branch, signs } = this.#options;
    const list = rules.join(', ');
    if (mayPush === false) {
      return {
        status: 'failure',
        message: `${host}: these credentials may not push to ${branch} (${list || 'no write access'})`,
        remedy: 'let the engine push to the delivery branch, or deliver to a branch without rules',
      };
    }
    if (rules.length === 0) return { status: 'ok', message: `${host}: no rule hinders a push` };
    if (mayPush === true)
      return { status: 'ok', message: `${host}: ${list}, and these credentials may push` };
    if (rules.includes('required_signatures') && !signs) {
      return {
        status: 'warning',
        message: `${host}: commits on ${branch} must be signed, and the engine signs none`,
        remedy: 'set commits.signing in serin.yaml',
      };
    }
    return {
      status: 'warning',
      message: `${host}: ${list} on ${branch} will refuse pushes of whoever may not bypass them`,
      remedy: 'put the engine on the bypass list of the ruleset',
    };
  }
}

type Judgement =
  { readonly status: 'ok' } | { readonly status: 'warning' | 'failure'; readonly remedy: string };

/** Capabilities come first. */
const PACKETS_READ = 100;
