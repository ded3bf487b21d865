/**
 * A key pair made in the browser: the private half is handed to the person and to nobody else, only
 * the public half is sent.
 */

/** Of the sizes that EC2 takes, the one of its own RSA keys. */
const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
} as const;

export interface NewKey {
  /** PKCS 8 in PEM, which OpenSSH reads. */
  privatePem: string;
  /** A line as of authorized_keys. */
  publicLine: string;
}

export async function newKey(name: string): Promise<NewKey> {
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const lines = base64(pkcs8).match(/.{1,64}/g) ?? [];
  return {
    privatePem: ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join(
      '\n',
    ),
    publicLine: `ssh-rsa ${base64(sshKey(jwk))} ${name}`,
  };
}

/** RFC 4253, 6.6: the name, then exponent and modulus as mpints. */
function sshKey({ e = '', n = '' }: JsonWebKey): Uint8Array {
  const name = new TextEncoder().encode('ssh-rsa');
  const parts = [name, mpint(fromUrlBase64(e)), mpint(fromUrlBase64(n))];
  return Uint8Array.from(parts.flatMap((part) => [...uint32(part.length), ...part]));
}

/** Of a positive number, which may not look negative. */
const mpint = (bytes: Uint8Array) =>
  (bytes[0] ?? 0) >= 0x80 ? Uint8Array.from([0, ...bytes]) : bytes;

const uint32 = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);

const base64 = (bytes: Uint8Array) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

const fromUrlBase64 = (text: string) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) =>
    letter.charCodeAt(0),
  );
