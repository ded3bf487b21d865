import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { createLayer } from '../../disk/qcow2-create.ts';
import { silentLog } from '../../foundations/log.ts';
import { unprivilegedIdentity } from '../../foundations/unprivileged.ts';
import { pinned, TestHome } from '../test-machines.ts';
import { createQemuHypervisor } from './qemu-hypervisor.ts';

/** More than a processor can address. */
const memoryMiB = 400_000_000;

test('a machine that the host has not the memory for says so, and nothing is left', async () => {
  const home = await TestHome.create();
  const hypervisor = await createQemuHypervisor({
    log: silentLog,
    createLayer,
    firmwareFolder: path.join(home.folder, 'firmware'),
    identity: unprivilegedIdentity(),
  });
  const spec = pinned(await home.machine('i-00000000000000abc'), hypervisor);
  for (const sharedMemory of [true, false]) {
    const large = { ...spec, memoryMiB, sharedMemory };
    await assert.rejects(hypervisor.start(large), { name: 'NoMemoryError' }, `${sharedMemory}`);
    assert.equal(await hypervisor.status(spec.instanceId), 'absent');
  }
  await hypervisor.close();
  await home[Symbol.asyncDispose]();
});
