/** Why a server will say no again until a person has done something, in the words of several hosts. */
interface Refusal {
  readonly said: RegExp;
  readonly remedy: string;
}

const BYPASS =
  'allow the engine to push to the delivery branch: bypass its protection rule, or deliver to a branch without one';

/** The first that fits counts: a ruleset names its rule in the lines below its number. */
const REFUSALS: readonly Refusal[] = [
  {
    said: /verified signatures?|must be signed|signed with|unsigned commit|Unverified commit|require[_ -]signed/i,
    remedy:
      'sign commits: set commits.signing in serin.yaml, and make its public key known to the server for the committer',
  },
  {
    said: /workflow.* without `?workflows?`? (?:permission|scope)/is,
    remedy:
      'give the credentials the permission Workflows, or keep .github/workflows off the delivery branch',
  },
  {
    said: /GH007|(?:committer|author)(?:'s|’s)? e?-?(?:mail|identity)|one of your own verified emails|not a member of team|invalid committer/i,
    remedy:
      'set commits.email and commits.committer in serin.yaml to a person the server accepts, or exempt the engine from the rule',
  },
  {
    said: /commit message/i,
    remedy: 'exempt the engine from the rule for commit messages',
  },
  {
    said: /PUSH PROTECTION|contain secrets|secrets? (?:detected|scanning)|GITLEAKS/i,
    remedy: 'take the secret out of the manifests of the source; the engine only carries them over',
  },
  {
    said: /GH001|size limit|file.* larger than|exceed(?:s|ed|ing)? .*(?:size|limit|quota)|quota exceeded|HTTP 413|error: 413/i,
    remedy: "raise the server's limit of size, or make room in the repository",
  },
  {
    said: /GH006|GH013|protected branch|branch .* is protected|TF40\d{4}: Pushes|modified through pull requests?|must be made through a pull request|update branch|prohibited by Gerrit/i,
    remedy: BYPASS,
  },
  {
    said: /archived/i,
    remedy: 'take the repository out of the archive, or deliver to another',
  },
  {
    said: /SAML SSO|single sign-on/i,
    remedy: 'authorize the token for the organization, or use a GitHub App or a deploy key',
  },
  {
    said: /IP allow ?list|IP address/i,
    remedy: "put the engine's address on the allow list",
  },
  {
    said: /marked as read only|deploy key does not have write/i,
    remedy: 'give the deploy key write access',
  },
  {
    said: /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|No \S+ host key is known/i,
    remedy:
      "put the server's host key into known_hosts, after comparing it with what the host publishes",
  },
  {
    said: /certificate|SSL connect error/i,
    remedy: 'put the certificate authority of the server into ca.crt beside the credentials',
  },
  {
    said: /repository .*not (?:be )?found|project you were looking for|does not exist or you do not have permission|TF401019/i,
    remedy: 'correct the URL of the repository, or let the credentials see it',
  },
  {
    said: /Authentication failed|could not read (?:Username|Password)|Permission denied \(|incorrect passphrase|invalid credentials|Invalid username or|Access denied|error: 401|HTTP 401/i,
    remedy:
      'renew the credentials: the server did not accept them (expired, revoked, or for another host)',
  },
  {
    said: /denied to|not granted|not allowed to push code|TF401027|access rights|not authorized|error: 403|HTTP 403|403 Forbidden|insufficient scope|Permission denied/i,
    remedy: 'give the credentials write access to the repository',
  },
  {
    said: /hook declined|declined/i,
    remedy: 'a hook of the server refused: exempt the engine from what it says, or satisfy it',
  },
  {
    said: /hidden ref|currently checked out|shallow update|funny refname/i,
    remedy: 'deliver to an ordinary branch of a bare repository',
  },
];

/** What a person can do about a refusal, if it is one that time does not mend. */
export function remedyFor(words: string): string | undefined {
  return REFUSALS.find(({ said }) => said.test(words))?.remedy;
}

/** The server is fine and wants fewer requests. */
const LIMITED =
  /error: 429|HTTP 429|Too many requests|rate limit|requested too many times|abuse detection|due to load|server is busy/i;

/** The server has trouble of its own; the same push may go through a moment later. */
const TROUBLE =
  /Internal Server Error|fatal error in commit_refs|Gitaly, is not available|Internal API (?:unreachable|error)|API is not accessible|temporarily unavailable|read-only GitLab instance|under maintenance|error: 5\d\d|HTTP 5\d\d|\(failure\)/i;

export function isLimited(words: string): boolean {
  return LIMITED.test(words);
}

export function isServerTrouble(words: string): boolean {
  return TROUBLE.test(words);
}
