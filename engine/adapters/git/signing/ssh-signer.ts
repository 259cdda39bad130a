import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import sshpk from 'sshpk';
import type { CommitSigner } from './commit-signer.ts';

const NAMESPACE = 'git';
const HASH = 'sha512';

/**
 * Signs in the process, for `ssh-keygen -Y sign` takes a process a commit. Tools check it with
 * `gpg.format=ssh`.
 * @throws Error with the reason when the text is no private key, or the passphrase is not its own
 */
export function createSshSigner(text: string, passphrase: string | undefined): CommitSigner {
  const key = parse(text, passphrase);
  const native = nativeKey(key);
  const publicKey = key.toPublic();
  const blob = publicKey.toBuffer('rfc4253');
  return {
    sign: (commit) =>
      Promise.resolve(armor(signatureBlob(blob, signatureOf(key, native, signedData(commit))))),
    publicKey: () => Promise.resolve(publicKey.toString('ssh').split(' ', 2).join(' ')),
  };
}

function parse(text: string, passphrase: string | undefined): sshpk.PrivateKey {
  try {
    return sshpk.parsePrivateKey(text, 'auto', passphrase === undefined ? {} : { passphrase });
  } catch (error) {
    if (error instanceof sshpk.KeyEncryptedError) {
      throw new Error('it is locked, and no passphrase is given', { cause: error });
    }
    const isLocked = error instanceof Error && /passphrase/i.test(error.message);
    const why = isLocked ? 'the passphrase is not its own' : 'it is no private key';
    throw new Error(why, { cause: error });
  }
}

/** OpenSSL reads neither OpenSSH's format nor this library's form of Ed25519. */
function nativeKey(key: sshpk.PrivateKey): KeyObject {
  if (key.type === 'rsa' || key.type === 'ecdsa') return createPrivateKey(key.toString('pkcs8'));
  if (key.type !== 'ed25519') throw new Error(`it is of the kind ${key.type}`);
  const part = key.part as unknown as Readonly<Record<'A' | 'k', { readonly data: Buffer }>>;
  const jwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    x: part.A.data.toString('base64url'),
    d: part.k.data.toString('base64url'),
  };
  return createPrivateKey({ key: jwk, format: 'jwk' });
}

/** The algorithm's name and its own form of a signature, as RFC 4253, 5656, 8332 and 8709 have them. */
function signatureOf(key: sshpk.PrivateKey, native: KeyObject, data: Buffer): Buffer {
  if (key.type === 'ed25519') return named('ssh-ed25519', sign(undefined, data, native));
  if (key.type === 'rsa') return named('rsa-sha2-512', sign(HASH, data, native));
  const hash = { 256: 'sha256', 384: 'sha384' }[key.size] ?? HASH;
  const both = sign(hash, data, { key: native, dsaEncoding: 'ieee-p1363' });
  const [r, s] = [both.subarray(0, both.length / 2), both.subarray(both.length / 2)];
  const integers = Buffer.concat([field(integer(r)), field(integer(s))]);
  return named(`ecdsa-sha2-nistp${key.size}`, integers);
}

function named(algorithm: string, signature: Buffer): Buffer {
  return Buffer.concat([field(Buffer.from(algorithm)), field(signature)]);
}

/** Without leading zeros, but for one where the first bit would be taken for a sign. */
function integer(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(Math.max(0, start));
  return (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.from([0]), digits]);
}

/** @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig */
function signedData(message: Buffer): Buffer {
  const digest = createHash(HASH).update(message).digest();
  return Buffer.concat([
    Buffer.from('SSHSIG'),
    ...[NAMESPACE, '', HASH].map((text) => field(Buffer.from(text))),
    field(digest),
  ]);
}

function signatureBlob(publicKey: Buffer, signature: Buffer): Buffer {
  const version = Buffer.from([0, 0, 0, 1]);
  return Buffer.concat([
    Buffer.from('SSHSIG'),
    version,
    field(publicKey),
    ...[NAMESPACE, '', HASH].map((text) => field(Buffer.from(text))),
    field(signature),
  ]);
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function armor(blob: Buffer): string {
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----'].join('\n');
}
