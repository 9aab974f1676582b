import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { VersionFile } from '../store/schema.js';

/** Signs the digests of versions, and knows its own signatures. */
export interface Signer {
  /** Ed25519 over the digest's 32 bytes, base64. */
  sign(digest: string): string;
  verify(digest: string, signature: string): boolean;
}

/** sha256 over a list of files: what their paths, contents and sizes are. */
export function digestOf(files: readonly VersionFile[]): string {
  const hash = createHash('sha256');
  for (const { path, sha256, size } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(JSON.stringify([path, sha256, size])).update('\n');
  }
  return hash.digest('hex');
}

/**
 * A signer with the private key in a PEM file, as `openssl genpkey -algorithm ed25519` writes one.
 * @throws Error when the file cannot be read or holds no Ed25519 key
 */
export async function openSigner(path: string): Promise<Signer> {
  const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`The signing key ${path} cannot be read.`, { cause });
  });
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType !== 'ed25519') {
    throw new Error(
      `${path} holds no private Ed25519 key. Make one: openssl genpkey -algorithm ed25519 -out ${path}`,
    );
  }
  return signerOf(key);
}

/** A signer with a private Ed25519 key. */
export function signerOf(key: KeyObject): Signer {
  const open = createPublicKey(key);
  return {
    sign: (digest) => sign(null, Buffer.from(digest, 'hex'), key).toString('base64'),
    verify: (digest, signature) =>
      verify(null, Buffer.from(digest, 'hex'), open, Buffer.from(signature, 'base64')),
  };
}
