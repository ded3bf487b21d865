/** What the Debian recipe hands to its tools; that what they make boots is shown in test/vm. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { findTools } from './build-tools.ts';
import { debian12 } from './debian.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'imago-debian-'));
after(() => rmSync(folder, { recursive: true }));

/** A program that prints, to standard output or to a file, what its lines of shell say. */
function program(name: string, lines: string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  return file;
}

test("a proxy's password is handed over in a file, never in arguments or variables", async () => {
  const proxy = 'http://somebody:the-password@proxy.example:3128';
  const seen = path.join(folder, 'seen');
  const tools = {
    ...(await findTools()),
    'apt-config': program('apt-config', [`echo 'Acquire::http::Proxy "${proxy}";'`]),
    mmdebstrap: program('mmdebstrap', [`{ printf '%s\\n' "$@"; env; } > ${seen}`, 'exit 1']),
  };
  const build = debian12.makeRoot({ tools, workFolder: folder, packages: [], progress() {} });
  await assert.rejects(build, /mmdebstrap/);
  const told = readFileSync(seen, 'utf8');
  assert.doesNotMatch(told, /the-password/);
  const handed = told.match(/^--setup-hook=copy-in "(.*\/etc)" \/$/m)?.[1] ?? '';
  const file = path.join(handed, 'apt/apt.conf.d/99reach');
  assert.match(readFileSync(file, 'utf8'), /the-password/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});
