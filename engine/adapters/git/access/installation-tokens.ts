import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { ProblemError } from '../../../core/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import { type JsonAnswer, requestJson } from './http-json.ts';
import { maskSecrets } from './mask-secrets.ts';

export interface AppKey {
  readonly appId: string;
  /** PEM, as GitHub hands it out. */
  readonly privateKey: string;
  /** Absent: the installation that has the repository. */
  readonly installationId?: string;
  /** The API of a GitHub Enterprise server, for example `https://github.example/api/v3`. */
  readonly baseUrl?: string;
  readonly ca?: string;
}

interface TokenOptions {
  readonly url: string;
  readonly writable: boolean;
  readonly clock: Clock;
}

interface Token {
  readonly text: string;
  readonly expiresMs: number;
}

const API = 'https://api.github.com';
/** Tokens live for an hour; a push that begins now must not outlive its own. */
const REFRESH_BEFORE_MS = 10 * 60_000;
/** GitHub allows ten minutes, and counts from its own clock. */
const JWT_LIFETIME_S = 9 * 60;
const JWT_BACKDATED_S = 60;

const Issued = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) });
const Installation = z.object({ id: z.number() });
const Refusal = z.object({ message: z.string() });

/**
 * Tokens of a GitHub App for one repository and no right but to its contents. One is kept until
 * shortly before it expires, and asked for once however many wait for it.
 * @see https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app
 */
export class InstallationTokens {
  readonly #options: TokenOptions;
  #key = '';
  #token: Token | undefined;
  #asking: Promise<Token> | undefined;

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** @throws ProblemError for an App that GitHub does not let in; Error for weather. */
  async current(key: AppKey): Promise<string> {
    const digest = createHash('sha256').update(JSON.stringify(key)).digest('hex');
    if (digest !== this.#key) {
      this.forget();
      this.#asking = undefined;
    }
    this.#key = digest;
    const nowMs = this.#options.clock.nowMs();
    if (this.#token !== undefined && nowMs < this.#token.expiresMs - REFRESH_BEFORE_MS) {
      return this.#token.text;
    }
    const asking = (this.#asking ??= this.#ask(key));
    try {
      const token = await asking;
      if (this.#asking === asking) this.#token = token;
      return token.text;
    } finally {
      if (this.#asking === asking) this.#asking = undefined;
    }
  }

  forget(): void {
    this.#token = undefined;
  }

  async #ask(key: AppKey): Promise<Token> {
    const jwt = await this.#appToken(key);
    const installation = key.installationId ?? (await this.#installationOf(key, jwt));
    const answer = await send(key, jwt, `/app/installations/${installation}/access_tokens`, {
      repositories: [this.#repository().name],
      permissions: { contents: this.#options.writable ? 'write' : 'read' },
    });
    const issued = Issued.safeParse(answer.body);
    if (answer.status !== 201 || !issued.success) throw refused(key, 'gives no token', answer);
    const { token, expires_at: expiresAt } = issued.data;
    return { text: token, expiresMs: Date.parse(expiresAt) };
  }

  async #installationOf(key: AppKey, jwt: string): Promise<string> {
    const { owner, name } = this.#repository();
    const answer = await send(key, jwt, `/repos/${owner}/${name}/installation`);
    const installation = Installation.safeParse(answer.body);
    if (answer.status === 200 && installation.success) return String(installation.data.id);
    throw refused(key, `is not installed on ${owner}/${name}`, answer);
  }

  async #appToken(key: AppKey): Promise<string> {
    const { SignJWT } = await import('jose');
    const nowS = Math.floor(this.#options.clock.nowMs() / 1000);
    return new SignJWT()
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(key.appId)
      .setIssuedAt(nowS - JWT_BACKDATED_S)
      .setExpirationTime(nowS + JWT_LIFETIME_S)
      .sign(readPrivateKey(key));
  }

  #repository(): { readonly owner: string; readonly name: string } {
    const path = new URL(this.#options.url).pathname.replace(/\.git$/, '');
    const [owner = '', name = ''] = path.split('/').slice(-2);
    return { owner, name };
  }
}

function readPrivateKey({ appId, privateKey }: AppKey): KeyObject {
  try {
    return createPrivateKey(privateKey);
  } catch {
    throw problem(
      `githubAppPrivateKey of the GitHub App ${appId} is not a private key`,
      'use the PEM file that GitHub let you download when the key was made',
    );
  }
}

function send(key: AppKey, jwt: string, path: string, body?: unknown): Promise<JsonAnswer> {
  const base = (key.baseUrl ?? API).replace(/\/$/, '');
  return requestJson({
    method: body === undefined ? 'GET' : 'POST',
    url: new URL(base + path),
    headers: { authorization: `Bearer ${jwt}`, 'x-github-api-version': '2022-11-28' },
    ...(body === undefined ? {} : { body }),
    ...(key.ca === undefined ? {} : { ca: key.ca }),
  });
}

/** 5xx and 429 are weather; everything else says that the App was set up differently. */
function refused({ appId }: AppKey, what: string, { status, body }: JsonAnswer): Error {
  const said = maskSecrets(Refusal.safeParse(body).data?.message ?? 'no reason given', []);
  const message = `the GitHub App ${appId} ${what}: HTTP ${status}: ${said}`;
  if (status >= 500 || status === 429 || /rate limit/i.test(said)) return new Error(message);
  return problem(message, REMEDIES[status] ?? 'look at the App and its installation on GitHub');
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'check githubAppID and githubAppPrivateKey, and the clock of this machine',
  403: 'let the installation go on (it is suspended), or lift the rule that keeps this address out',
  404: 'install the App on the repository, or correct githubAppInstallationID',
  422: 'give the App the permission Contents: read and write, and this repository',
};

function problem(message: string, remedy: string): ProblemError {
  return new ProblemError([{ code: 'credentials-unusable', message, remedy }]);
}
