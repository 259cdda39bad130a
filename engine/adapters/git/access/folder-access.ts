import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemError } from '../../../core/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Access, OpenAccess, SshFiles } from './access.ts';
import { type AppKey, InstallationTokens } from './installation-tokens.ts';

export interface FolderAccessOptions {
  /** A folder of secrets, named as in a Flux secret for Git. */
  readonly folder: string;
  /** The repository they are for. */
  readonly url: string;
  readonly writable: boolean;
  /** The real time: tokens are dated by it. */
  readonly clock: Clock;
}

/**
 * Credentials in a folder such as a mounted secret: `username` and `password`, a GitHub App, or an
 * SSH key with the hosts it is for. What the URL needs is taken; everything is read anew each time.
 * @see https://fluxcd.io/flux/components/source/gitrepositories/#secret-reference
 */
export class FolderAccess implements Access {
  readonly #options: FolderAccessOptions;
  readonly #tokens: InstallationTokens;

  constructor(options: FolderAccessOptions) {
    this.#options = options;
    this.#tokens = new InstallationTokens(options);
  }

  async open(): Promise<OpenAccess> {
    const protocol = URL.parse(this.#options.url)?.protocol ?? 'ssh:';
    switch (protocol) {
      case 'file:':
        return { secrets: [] };
      case 'ssh:':
        return { ssh: await this.#sshFiles(), secrets: [] };
      default:
        return this.#login();
    }
  }

  refuse(): void {
    this.#tokens.forget();
  }

  async #sshFiles(): Promise<SshFiles> {
    const identity = await this.#read('identity');
    const knownHosts = await this.#read('known_hosts');
    if (identity === undefined || knownHosts === undefined) {
      throw this.#unusable(
        'does not hold identity and known_hosts, which an SSH URL needs',
        'put the private key into identity, and the output of ssh-keyscan, once verified, into known_hosts',
      );
    }
    if (isEncrypted(identity)) {
      throw this.#unusable(
        'holds an identity that is locked with a passphrase',
        'give the engine a deploy key of its own without one: nobody is there to type it',
      );
    }
    const { folder } = this.#options;
    return { identity: join(folder, 'identity'), knownHosts: join(folder, 'known_hosts') };
  }

  async #login(): Promise<OpenAccess> {
    const ca = await this.#read('ca.crt');
    const caFile = ca === undefined ? {} : { caFile: join(this.#options.folder, 'ca.crt') };
    const app = await this.#appKey(ca);
    if (app !== undefined) {
      const password = await this.#tokens.current(app);
      const login = { username: 'x-access-token', password };
      const githubApi = app.baseUrl === undefined ? {} : { githubApi: app.baseUrl };
      return { login, ...caFile, ...githubApi, secrets: [password] };
    }
    const password = (await this.#read('password'))?.trim();
    if (password === undefined) {
      if (ca !== undefined) return { ...caFile, secrets: [] };
      throw this.#unusable(
        'holds neither password nor githubAppID, one of which an HTTPS URL needs',
        'put a token into password (and its user into username), or add the files of a GitHub App',
      );
    }
    const username = (await this.#read('username'))?.trim() ?? 'git';
    if (/[\n\r]/.test(username + password) || password === '') {
      throw this.#unusable('holds a password that is empty or has several lines', 'write one line');
    }
    return {
      login: { username, password },
      ...caFile,
      secrets: [password, `${username}:${password}`],
    };
  }

  async #appKey(ca: string | undefined): Promise<AppKey | undefined> {
    const appId = (await this.#read('githubAppID'))?.trim();
    if (appId === undefined) return undefined;
    const privateKey = await this.#read('githubAppPrivateKey');
    if (privateKey === undefined) {
      const remedy = 'put the private key of the App (a PEM file) beside it';
      throw this.#unusable('holds githubAppID without githubAppPrivateKey', remedy);
    }
    const installationId = (await this.#read('githubAppInstallationID'))?.trim();
    const baseUrl = (await this.#read('githubAppBaseURL'))?.trim();
    return {
      appId,
      privateKey,
      ...(installationId === undefined ? {} : { installationId }),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(ca === undefined ? {} : { ca }),
    };
  }

  async #read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#options.folder, name), 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOENT') {
        await this.#requireFolder();
        return undefined;
      }
      const remedy = 'let the engine read it';
      throw this.#unusable(`holds a file ${name} that cannot be read (${String(code)})`, remedy);
    }
  }

  async #requireFolder(): Promise<void> {
    try {
      await readdir(this.#options.folder);
    } catch {
      const remedy = 'mount the secret there, or correct `credentials` in serin.yaml';
      throw this.#unusable('cannot be opened', remedy);
    }
  }

  #unusable(what: string, remedy: string): ProblemError {
    const { folder, url } = this.#options;
    const message = `the folder ${folder} of credentials for ${url} ${what}`;
    return new ProblemError([{ code: 'credentials-unusable', message, remedy }]);
  }
}

/** In OpenSSH's own format the name of the cipher comes first; in PEM the word says it. */
function isEncrypted(key: string): boolean {
  if (/ENCRYPTED/.test(key)) return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/]+)/.exec(key)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, 'base64');
  const magic = 'openssh-key-v1\0'.length;
  const cipher = bytes.toString('latin1', magic + 4, magic + 4 + bytes.readUInt32BE(magic));
  return cipher !== 'none';
}
