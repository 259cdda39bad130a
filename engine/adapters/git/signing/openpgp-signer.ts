import { createMessage, decryptKey, readPrivateKey, sign } from 'openpgp';
import type { CommitSigner } from './commit-signer.ts';

/**
 * Signs in the process: no agent, no key ring, no home folder. Tools check it with GnuPG.
 * @throws Error with the reason when the text is no private key, or the passphrase is not its own
 */
export async function createOpenpgpSigner(
  text: string,
  passphrase: string | undefined,
): Promise<CommitSigner> {
  const key = await unlock(text, passphrase);
  return {
    async sign(commit, atMs) {
      const message = await createMessage({ binary: new Uint8Array(commit) });
      const date = new Date(atMs);
      const options = { message, signingKeys: key, detached: true, date } as const;
      return (await sign({ ...options, format: 'armored' })).trim().replaceAll('\r\n', '\n');
    },
    publicKey: () => Promise.resolve(`openpgp ${key.getFingerprint().toUpperCase()}`),
  };
}

type SigningKey = Awaited<ReturnType<typeof readPrivateKey>>;

async function unlock(text: string, passphrase: string | undefined): Promise<SigningKey> {
  let key: SigningKey;
  try {
    key = await readPrivateKey({ armoredKey: text });
  } catch (cause) {
    throw new Error('it is no armored private key', { cause });
  }
  if (key.isDecrypted()) return key;
  if (passphrase === undefined) throw new Error('it is locked, and no passphrase is given');
  try {
    return await decryptKey({ privateKey: key, passphrase });
  } catch (cause) {
    throw new Error('the passphrase is not its own', { cause });
  }
}
