/** Debian's minisign is the judge of what is signed here, and this of what minisign signs. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isSignedBy, newSecret, publicKeyText, readPublicKey, signFile } from './minisign.ts';

const manifest = Buffer.from('{"format":"imago-manifest/1"}');
const comment = 'image ami-0123 account 111111111111';

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'imago-minisign-'));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('minisign verifies what is signed, and refuses another file, another key, another comment', () => {
  inFolder((folder) => {
    const secret = newSecret();
    const file = path.join(folder, 'manifest.json');
    const verify = (signature: string, key = publicKeyText(secret)) => {
      writeFileSync(`${file}.minisig`, signature);
      return spawnSync('minisign', ['-V', '-m', file, '-P', key], { encoding: 'utf8' });
    };
    writeFileSync(file, manifest);
    const signed = signFile(secret, manifest, comment);
    const good = verify(signed);
    assert.equal(good.status, 0, good.stderr);
    assert.match(good.stdout, /Trusted comment: image ami-0123 account 111111111111/);
    assert.notEqual(verify(signed, publicKeyText(newSecret())).status, 0);
    assert.notEqual(verify(signed.replace('ami-0123', 'ami-4567')).status, 0);
    writeFileSync(file, 'another');
    assert.notEqual(verify(signed).status, 0);
  });
});

test('what minisign has signed is verified, by its own public key', () => {
  inFolder((folder) => {
    const at = (name: string) => path.join(folder, name);
    writeFileSync(at('file'), manifest);
    execFileSync('minisign', ['-G', '-W', '-p', at('key.pub'), '-s', at('key')]);
    execFileSync('minisign', ['-S', '-s', at('key'), '-m', at('file'), '-t', comment]);
    const [, text = ''] = readFileSync(at('key.pub'), 'utf8').split('\n');
    const key = readPublicKey(text);
    assert.ok(key);
    assert.match(readFileSync(at('key.pub'), 'utf8'), new RegExp(`public key ${key.id}`));
    const signature = readFileSync(at('file.minisig'), 'utf8');
    assert.ok(isSignedBy(key, manifest, signature));
    assert.ok(!isSignedBy(key, Buffer.from('another'), signature));
    assert.ok(!isSignedBy({ ...key, id: newSecret().id }, manifest, signature));
  });
});

test('what is no signature and no key is none', () => {
  const secret = newSecret();
  const signed = signFile(secret, manifest, comment);
  assert.ok(isSignedBy(secret, manifest, signed));
  const lines = signed.split('\n');
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === '') continue;
    const cut = lines.with(index, line.slice(0, -3)).join('\n');
    assert.ok(!isSignedBy(secret, manifest, cut), `line ${index}`);
  }
  assert.ok(!isSignedBy(secret, manifest, ''));
  for (const text of ['', 'RWQ', `${publicKeyText(secret)} `, publicKeyText(secret).slice(4)]) {
    assert.equal(readPublicKey(text), undefined);
  }
});
