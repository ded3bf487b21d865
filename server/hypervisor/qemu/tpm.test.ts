/** TPMs of real machines: swtpm beside QEMU, from its start to its end. */
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { socketsFolder } from '../../foundations/home.ts';
import { isRunning, type ProcessRecord } from '../../foundations/process-record.ts';
import type { MachineSpec } from '../hypervisor.ts';
import { eventually, guests } from '../test-machines.ts';
import { identity, TestQemu } from './test-qemu.ts';

const crb = 0x11;
const none = 0;

async function recordIn({ folder }: MachineSpec): Promise<ProcessRecord> {
  return JSON.parse(await readFile(path.join(folder, 'tpm.json'), 'utf8'));
}

async function said(machines: TestQemu, { folder }: MachineSpec): Promise<number | undefined> {
  const output = await machines.hypervisor.consoleOutput(folder, 1000);
  return output.at(-1);
}

test('a machine has a TPM of its own, which begins and ends with it and keeps what it knows', async () => {
  await using machines = await TestQemu.create();
  assert.equal(machines.hypervisor.describe().tpm, true);
  const spec = { ...(await machines.specOf(guests.measuring)), tpm: true };
  await machines.start(spec);
  const record = await recordIn(spec);
  const status = await readFile(`/proc/${record.pid}/status`, 'utf8');
  const field = (name: string) => status.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))?.[1];
  assert.equal(field('Name'), 'swtpm');
  assert.equal(field('Seccomp'), '2');
  if (identity) {
    assert.equal(field('Uid')?.split('\t')[0], String(spec.owner?.uid));
    assert.equal(field('NoNewPrivs'), '1');
    assert.equal(field('CapEff'), '0'.repeat(16));
  }
  await eventually(async () => (await said(machines, spec)) === crb);
  const state = path.join(socketsFolder(spec.folder, spec.layout), 'tpm', 'tpm2-00.permall');
  const { ino, size } = await stat(state);
  assert.ok(size > 0 && ino > 0);
  await machines.stop(spec);
  assert.equal(isRunning(record), false);
  await assert.rejects(recordIn(spec));
  assert.equal((await stat(state)).size, size);

  await machines.start(spec);
  const next = await recordIn(spec);
  assert.notDeepEqual(next, record);
  // QEMU dies: its TPM has nothing to live for.
  const [, pid] = [next, (await machines.hypervisor.adopt(spec.instanceId, spec.folder)).pid];
  process.kill(pid ?? 0, 'SIGKILL');
  await eventually(() => !isRunning(next));
});

test('one without has none; one whose QEMU does not start leaves none', async () => {
  await using machines = await TestQemu.create();
  const spec = await machines.specOf(guests.measuring);
  await machines.start(spec);
  await eventually(async () => (await said(machines, spec)) === none);
  await assert.rejects(recordIn(spec));

  const made = await machines.specOf(guests.measuring);
  const broken = { ...made, tpm: true, machineType: 'pc-q35-0.0' };
  await assert.rejects(machines.hypervisor.start(broken), /machine/);
  await assert.rejects(recordIn(broken));
});
