import assert from 'node:assert/strict';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { testFolder } from '../../files/test-folders.ts';
import { probeQemu } from './probe.ts';

/**
 * This host's QEMU, but for KVM, of which it says that. Answers why KVM is not used, and what was
 * tried.
 */
async function probedWith(problem: string) {
  const folder = await testFolder('imago-probe-');
  const [binary, list] = ['qemu', 'tried'].map((name) => path.join(folder, name)) as [
    string,
    string,
  ];
  const script = `#!/bin/sh
case "$*" in
  *"-accel kvm"*) echo "$6" >>${list}; echo "qemu: ${problem}" >&2; exit 1 ;;
esac
exec qemu-system-x86_64 "$@"
`;
  await writeFile(binary, script);
  await chmod(binary, 0o755);
  try {
    const { accelerator, kvmProblem } = await probeQemu({ binary });
    assert.equal(accelerator, 'tcg');
    return { kvmProblem, tried: (await readFile(list, 'utf8')).trim().split('\n') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('where KVM is not to be had no other model is tried', async () => {
  const problem = '-accel kvm: failed to initialize kvm: Permission denied';
  const { kvmProblem, tried } = await probedWith(problem);
  assert.equal(kvmProblem, `qemu: ${problem}`);
  assert.deepEqual(tried, ['EPYC,enforce']);
});

test('where it lacks what a model promises the next one is tried', async () => {
  const { tried } = await probedWith("Host doesn't support requested features");
  assert.deepEqual(tried, ['EPYC,enforce', 'Haswell-noTSX,enforce', 'Nehalem,enforce']);
});
