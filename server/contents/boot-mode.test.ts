/** By which firmware disks can be started: as sfdisk partitions them, with code or without. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { bootModeOf } from './boot-mode.ts';

const diskBytes = 16 * 1024 ** 2;
const folder = mkdtempSync(path.join(tmpdir(), 'boot-mode-'));
after(() => rmSync(folder, { recursive: true }));

function diskWith(script: string | undefined, code: boolean) {
  const file = path.join(folder, 'disk.raw');
  writeFileSync(file, '');
  truncateSync(file, diskBytes);
  if (script) execFileSync('/usr/sbin/sfdisk', ['--quiet', file], { input: script });
  const bytes = readFileSync(file);
  if (code) bytes.fill(0xeb, 0, 16);
  return {
    sizeBytes: bytes.length,
    pread: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
    close: async () => {},
  };
}

const system =
  'label: gpt\nsize=4M, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\nsize=4M, type=linux\n';
const linux = 'label: gpt\nsize=4M, type=linux\n';
const cases: [string, string | undefined, boolean, string | undefined][] = [
  ['a system partition and code', system, true, 'uefi-preferred'],
  ['a system partition alone', system, false, 'uefi'],
  ['code before a GPT', linux, true, 'legacy-bios'],
  ['a GPT without either', linux, false, undefined],
  ['code before an MBR', 'label: dos\nsize=4M, type=83\n', true, 'legacy-bios'],
  ['a system partition of an MBR', 'label: dos\nsize=4M, type=ef\n', false, 'uefi'],
  ['code without a signature', undefined, true, undefined],
  ['nothing', undefined, false, undefined],
];
for (const [name, script, code, expected] of cases) {
  test(name, async () => {
    assert.equal(await bootModeOf(diskWith(script, code)), expected);
  });
}
