import { readFile } from 'node:fs/promises';
import { ProblemError } from '../../../core/errors.ts';
import type { CommitSigner } from './commit-signer.ts';

export interface SigningOptions {
  readonly format: 'ssh' | 'openpgp';
  /** A file with the private key. */
  readonly key: string;
  /** A file with its passphrase. */
  readonly passphrase?: string | undefined;
}

/** A key in a file, which can be replaced while the engine runs. */
export interface SigningKey {
  /**
   * What stands in the file now; it is parsed only when it is another than before.
   *
   * @throws ProblemError
   */
  open(): Promise<CommitSigner>;
}

export function createSigningKey(options: SigningOptions): SigningKey {
  let opened: { readonly text: string; readonly signer: Promise<CommitSigner> } | undefined;
  return {
    async open() {
      const key = await read(options, options.key);
      const passphrase =
        options.passphrase === undefined ? undefined : await read(options, options.passphrase);
      const text = `${key}\0${passphrase ?? ''}`;
      if (opened?.text !== text) {
        opened = { text, signer: parse(options, key, passphrase?.replace(/\r?\n$/, '')) };
      }
      return opened.signer;
    },
  };
}

async function parse(
  options: SigningOptions,
  key: string,
  passphrase: string | undefined,
): Promise<CommitSigner> {
  const signer = await withReason(options, () => unlock(options.format, key, passphrase));
  return {
    sign: (commit, atMs) => withReason(options, () => signer.sign(commit, atMs)),
    publicKey: () => signer.publicKey(),
  };
}

/** Both libraries are large, and most engines sign nothing. */
async function unlock(
  format: SigningOptions['format'],
  key: string,
  passphrase: string | undefined,
): Promise<CommitSigner> {
  switch (format) {
    case 'ssh': {
      const { createSshSigner } = await import('./ssh-signer.ts');
      return createSshSigner(key, passphrase);
    }
    case 'openpgp': {
      const { createOpenpgpSigner } = await import('./openpgp-signer.ts');
      return createOpenpgpSigner(key, passphrase);
    }
  }
}

async function withReason<T>(options: SigningOptions, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw unusable(options, error instanceof Error ? error.message : String(error));
  }
}

async function read(options: SigningOptions, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    const what = file === options.key ? 'it' : `its passphrase in ${file}`;
    throw unusable(options, `${what} cannot be read (${code})`);
  }
}

function unusable({ format, key }: SigningOptions, why: string): ProblemError {
  const wanted = {
    ssh: 'an Ed25519, ECDSA or RSA key as ssh-keygen writes it; one in an agent or on a device cannot be used',
    openpgp: 'what `gpg --armor --export-secret-keys ID` prints, with a subkey that may sign',
  }[format];
  const message = `commits cannot be signed with ${key}: ${why}`;
  const remedy = `give ${wanted}, and its passphrase as a file where it has one`;
  return new ProblemError([{ code: 'signing-key-unusable', message, remedy }]);
}
