/** Versions are in the order that the managers of packages have them in. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareVersions } from '../contents/debian-version.ts';
import { compareRpmVersions } from '../contents/rpm-version.ts';

const pieces = (signs: string) =>
  fc.oneof(
    fc.nat(30).map(String),
    fc.constantFrom('0', '00', '007', 'a', 'b', 'rc', 'Z', 'dfsg', 'git', ...signs),
  );

/** Near each other: two of few short ones, which have much in common. */
const part = (signs: string) =>
  fc.array(pieces(signs), { maxLength: 4 }).map((all) => `${all.join('')}`);

const debian = fc
  .tuple(fc.constantFrom('', '', '', '0:', '1:', '10:'), fc.nat(3), part('.+~'), part('.+~'))
  .map(([epoch, first, upstream, revision]) => {
    return `${epoch}${first}${upstream}${revision === '' ? '' : `-${revision}`}`;
  });

const alike = (versions: fc.Arbitrary<string>) =>
  fc.tuple(versions, versions, fc.boolean()).map(([one, other, isPrefix]): [string, string] => {
    return isPrefix
      ? [one, `${one}${other.replace(/^\d+:/, '').replaceAll('-', '.')}`]
      : [one, other];
  });

const sample = (versions: fc.Arbitrary<string>, count: number) =>
  fc.sample(alike(versions), { numRuns: count, seed: 20_261_126 });

test('those of Debian as dpkg has them', () => {
  const asked = sample(debian, 3_000).map(([one, other]) => {
    const order = compareVersions(one, other);
    return [one, order < 0 ? 'lt-nl' : order > 0 ? 'gt-nl' : 'eq', other];
  });
  const lines = asked.map((words) => `${words.join(' ')}\n`).join('');
  const options = ['--max-args=3', '--max-procs=2', 'dpkg', '--compare-versions'];
  if (spawnSync('xargs', options, { input: lines }).status === 0) return;
  for (const words of asked) {
    const { status } = spawnSync('dpkg', ['--compare-versions', ...words]);
    assert.equal(status, 0, words.join(' '));
  }
  assert.fail('xargs could not ask');
});

test('those of rpm as rpm has them', () => {
  const rpm = fc
    .tuple(fc.nat(3), part('.~^_+'), fc.nat(3), part('.~^'))
    .map(([first, version, release, more]) => `${first}${version}-${release}${more}`);
  const pairs = sample(rpm, 2_000).map(([one, other]): [string, string] => {
    return other.includes('-') ? [one, other] : [one, `${other}-1`];
  });
  const lines = pairs.map(([a, b]) => `print(rpm.vercmp('${a}', '${b}'), ';')`);
  const said: number[] = [];
  for (let at = 0; at < lines.length; at += 200) {
    const text = `%{lua:${lines.slice(at, at + 200).join(' ')}}`;
    const output = execFileSync('rpm', ['--eval', text]).toString();
    said.push(...(output.match(/-?\d+/g) ?? []).map(Number));
  }
  assert.equal(said.length, pairs.length);
  for (const [index, [one, other]] of pairs.entries()) {
    assert.equal(compareRpmVersions(one, other), said[index], `${one} ${other}`);
  }
  assert.equal(compareRpmVersions('1:1-1', '2-1'), 1);
  assert.equal(compareRpmVersions('0:1-1.el9', '1-1.el9'), 0);
});
