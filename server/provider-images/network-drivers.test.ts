import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { networkDrivers } from './network-drivers.ts';

test('a system has a driver when each of its kernels has it', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'imago-drivers-'));
  const addDriver = async (kernel: string, file: string) => {
    const full = path.join(root, 'usr/lib/modules', kernel, 'kernel/drivers/net', file);
    await mkdir(path.dirname(full), { recursive: true });
    await writeFile(full, '');
  };
  try {
    assert.deepEqual(await networkDrivers(root), {});
    await addDriver('6.1', 'ethernet/intel/ixgbevf/ixgbevf.ko.xz');
    await addDriver('6.1', 'ethernet/amazon/ena/ena.ko.xz');
    assert.deepEqual(await networkDrivers(root), { enaSupport: true, sriovNetSupport: 'simple' });
    await addDriver('6.12', 'ethernet/amazon/ena/ena.ko');
    assert.deepEqual(await networkDrivers(root), { enaSupport: true });
  } finally {
    await rm(root, { recursive: true });
  }
});
