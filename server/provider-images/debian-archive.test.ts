import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BuildImpossible } from './build-tools.ts';
import { parseRepositories, reachSettings, sourcesFor } from './debian-archive.ts';

const known = [
  'Debian|bookworm|main|http://mirror.example/debian/',
  'Debian|bookworm-updates|main|http://mirror.example/debian/',
  'Debian|bookworm-security|main|http://security.example/debian-security/',
  'Somebody Else|bookworm|main|http://other.example/apt/',
].join('\n');

test('another release comes from the mirrors that the machine has', () => {
  const signed = 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
  assert.deepEqual(sourcesFor('trixie', parseRepositories(known)), [
    `${signed} http://mirror.example/debian trixie main`,
    `${signed} http://mirror.example/debian trixie-updates main`,
    `${signed} http://security.example/debian-security trixie-security main`,
  ]);
});

test("a repository of somebody else with Debian's code name is not taken for Debian's", () => {
  const foreign = known.split('\n').slice(3).join('\n');
  assert.throws(() => sourcesFor('bookworm', parseRepositories(foreign)), BuildImpossible);
});

test('a mirror with a password in its address is refused: each instance would have it', () => {
  const secret = known.replaceAll('http://', 'http://somebody:password@');
  assert.throws(() => sourcesFor('trixie', parseRepositories(secret)), {
    name: 'BuildImpossible',
    message: /password/,
  });
});

test('before the first apt-get update the name of the release tells', () => {
  const fresh = [
    '$(ORIGIN)|noble|main|http://archive.example/ubuntu/',
    '$(ORIGIN)|trixie|main|http://mirror.example/debian/',
  ].join('\n');
  const [line] = sourcesFor('bookworm', parseRepositories(fresh));
  assert.match(line ?? '', /http:\/\/mirror\.example\/debian bookworm main$/);
});

test('without any Debian repository the error says what to do', () => {
  const ubuntu = 'Ubuntu|noble|main|http://archive.example/ubuntu/';
  assert.throws(
    () => sourcesFor('bookworm', parseRepositories(ubuntu)),
    /add one to .*apt-get update/,
  );
});

test('proxies are kept, everything else of the Acquire settings is not', () => {
  const dump = [
    'Acquire "";',
    'Acquire::Languages "none";',
    'Acquire::http "";',
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::https::Proxy "DIRECT";',
    'Acquire::GzipIndexes "true";',
  ].join('\n');
  assert.deepEqual(reachSettings(dump).split('\n'), [
    'Acquire::http "";',
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::https::Proxy "DIRECT";',
  ]);
});
