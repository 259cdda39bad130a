import { z } from 'zod';
import { type JsonAnswer, requestJson } from './access/http-json.ts';
import type { Login } from './access/access.ts';

/** What a Git host lets see of the rules of a branch. */
export interface BranchRules {
  readonly host: 'GitHub' | 'GitLab' | 'Gitea';
  /** Absent: the host does not say what holds for these credentials. */
  readonly mayPush?: boolean;
  /** Rules that can refuse a push, in the words of the host. */
  readonly rules: readonly string[];
}

export interface RulesQuery {
  readonly url: URL;
  readonly branch: string;
  readonly login: Login | undefined;
  readonly ca: string | undefined;
  /** The API of a GitHub Enterprise server. */
  readonly githubApi: string | undefined;
}

/**
 * Asks the host's own API, with the login that is for this host anyway. A host that is none of the
 * three, or that shows nothing, is no trouble: only a push tells then.
 */
export async function readBranchRules(query: RulesQuery): Promise<BranchRules | undefined> {
  try {
    if (query.url.hostname === 'github.com' || query.githubApi !== undefined) {
      return await readGitHub(query);
    }
    return (await readGitLab(query)) ?? (await readGitea(query));
  } catch {
    return undefined;
  }
}

/** Rules that say nothing about a fast-forward by somebody with write access. */
const HARMLESS: ReadonlySet<string> = new Set([
  'deletion',
  'non_fast_forward',
  'required_linear_history',
]);

const GitHubRules = z.array(z.looseObject({ type: z.string() }));

/** @see https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch */
async function readGitHub(query: RulesQuery): Promise<BranchRules | undefined> {
  const { url, branch, githubApi = 'https://api.github.com' } = query;
  const [owner, name] = projectPath(url).split('/').slice(-2);
  const base = `${githubApi.replace(/\/$/, '')}/repos/${owner}/${name}`;
  const path = `${base}/rules/branches/${encodeURIComponent(branch)}`;
  const { status, body } = await get(query, new URL(path), 'Bearer');
  const rules = GitHubRules.safeParse(body);
  if (status !== 200 || !rules.success) return undefined;
  const types = new Set(rules.data.map(({ type }) => type));
  return { host: 'GitHub', rules: [...types].filter((type) => !HARMLESS.has(type)) };
}

const GitLabBranch = z.looseObject({ protected: z.boolean(), can_push: z.boolean() });

/** @see https://docs.gitlab.com/api/branches/#get-a-repository-branch */
async function readGitLab(query: RulesQuery): Promise<BranchRules | undefined> {
  const project = encodeURIComponent(projectPath(query.url));
  const path = `/api/v4/projects/${project}/repository/branches/${encodeURIComponent(query.branch)}`;
  const { status, body } = await get(query, new URL(path, query.url), 'Bearer');
  const branch = GitLabBranch.safeParse(body);
  if (status !== 200 || !branch.success) return undefined;
  const { protected: isProtected, can_push: mayPush } = branch.data;
  return { host: 'GitLab', mayPush, rules: isProtected ? ['protected branch'] : [] };
}

const GiteaBranch = z.looseObject({ protected: z.boolean(), user_can_push: z.boolean() });

/** @see https://docs.gitea.com/api/ (repoGetBranch) */
async function readGitea(query: RulesQuery): Promise<BranchRules | undefined> {
  const path = `/api/v1/repos/${projectPath(query.url)}/branches/${encodeURIComponent(query.branch)}`;
  const { status, body } = await get(query, new URL(path, query.url), 'token');
  const branch = GiteaBranch.safeParse(body);
  if (status !== 200 || !branch.success) return undefined;
  const { protected: isProtected, user_can_push: mayPush } = branch.data;
  return { host: 'Gitea', mayPush, rules: isProtected ? ['protected branch'] : [] };
}

function projectPath({ pathname }: URL): string {
  return pathname.replace(/^\//, '').replace(/\.git$/, '');
}

function get({ login, ca }: RulesQuery, url: URL, scheme: string): Promise<JsonAnswer> {
  const headers = login === undefined ? {} : { authorization: `${scheme} ${login.password}` };
  return requestJson({ method: 'GET', url, headers, ...(ca === undefined ? {} : { ca }) });
}
