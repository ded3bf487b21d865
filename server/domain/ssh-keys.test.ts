/**
 * OpenSSH itself is the judge: ssh-keygen reads what was made here, and what it makes is read here.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { makeSshKey, readSshPublicKey } from './ssh-keys.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'imago-ssh-'));
after(() => rmSync(folder, { recursive: true }));

const sshKeygen = (...args: string[]) =>
  execFileSync('ssh-keygen', args, { encoding: 'utf8', stdio: 'pipe' }).trim();

let files = 0;
function keyFile(text: string): string {
  const file = path.join(folder, `key${++files}`);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function generated(...args: string[]): string {
  const file = path.join(folder, `key${++files}`);
  sshKeygen('-q', '-N', '', '-C', 'me@host', '-f', file, ...args);
  return `${file}.pub`;
}

const read = (text: string) => readSshPublicKey(Buffer.from(text));
const withoutPadding = (base64: string) => base64.replace(/=+$/, '');

describe('made keys', () => {
  test('RSA: PEM of 2048 bits; the fingerprint is the SHA-1 of the private key', async () => {
    const { privateKey, publicKey, fingerprint } = await makeSshKey('rsa');
    assert.match(privateKey, /^-----BEGIN RSA PRIVATE KEY-----\n/);
    assert.equal(sshKeygen('-y', '-f', keyFile(privateKey)), publicKey);
    assert.match(sshKeygen('-l', '-f', keyFile(publicKey)), /^2048 /);
    const der = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' });
    assert.equal(fingerprint.replaceAll(':', ''), createHash('sha1').update(der).digest('hex'));
    assert.match(fingerprint, /^([0-9a-f]{2}:){19}[0-9a-f]{2}$/);
  });

  test('ed25519: OpenSSH’s own form and fingerprint', async () => {
    for (let round = 0; round < 5; round++) {
      const { privateKey, publicKey, fingerprint } = await makeSshKey('ed25519');
      assert.match(privateKey, /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
      assert.equal(sshKeygen('-y', '-f', keyFile(privateKey)), publicKey);
      const [, told] = sshKeygen('-l', '-f', keyFile(publicKey)).split(' ');
      assert.equal(told, `SHA256:${withoutPadding(fingerprint)}`);
    }
  });
});

describe('public keys that are imported', () => {
  for (const bits of ['1024', '2048', '4096']) {
    test(`RSA of ${bits} bits; the fingerprint is the MD5 of the public key`, () => {
      const file = generated('-t', 'rsa', '-b', bits);
      const line = readFileSync(file, 'utf8');
      const pem = sshKeygen('-e', '-m', 'PKCS8', '-f', file);
      const der = Buffer.from(pem.replace(/-----[^\n]*-----/g, ''), 'base64');
      const expected = {
        keyType: 'rsa',
        publicKey: line.split(' ').slice(0, 2).join(' '),
        fingerprint: createHash('md5')
          .update(der)
          .digest('hex')
          .replace(/..(?=.)/g, '$&:'),
      };
      assert.deepEqual(read(line), expected);
      assert.deepEqual(read(sshKeygen('-e', '-m', 'RFC4716', '-f', file)), expected, 'RFC 4716');
      assert.deepEqual(read(der.toString('base64')), expected, 'DER');
    });
  }

  test('ed25519', () => {
    const file = generated('-t', 'ed25519');
    const line = readFileSync(file, 'utf8');
    const key = read(line);
    assert.equal(key?.publicKey, line.split(' ').slice(0, 2).join(' '));
    const [, told] = sshKeygen('-l', '-f', file).split(' ');
    assert.equal(told, `SHA256:${withoutPadding(key?.fingerprint ?? '')}`);
    assert.deepEqual(read(sshKeygen('-e', '-m', 'RFC4716', '-f', file)), key);
    assert.deepEqual(read(key?.publicKey ?? ''), key, 'without a comment');
  });

  test('everything else is no key', () => {
    const good = readFileSync(generated('-t', 'ed25519'), 'utf8').trim();
    const [type, base64 = ''] = good.split(' ');
    const wrong: Record<string, string> = {
      empty: '',
      'not a key': 'hello',
      ECDSA: readFileSync(generated('-t', 'ecdsa'), 'utf8'),
      'RSA of 3072 bits': readFileSync(generated('-t', 'rsa', '-b', '3072'), 'utf8'),
      'another type in front': `ssh-rsa ${base64}`,
      'cut off': `${type} ${base64.slice(0, -8)}`,
      'more after it': `${type} ${Buffer.from(`${Buffer.from(base64, 'base64').toString('latin1')}\0\0\0\0`, 'latin1').toString('base64')}`,
      'two lines': `${good}\n${good}`,
      'a length beyond the end': `${type} ${Buffer.from([0xff, 0xff, 0xff, 0xff]).toString('base64')}`,
      options: `command="reboot" ${good}`,
    };
    for (const [what, text] of Object.entries(wrong)) assert.equal(read(text), undefined, what);
  });
});
