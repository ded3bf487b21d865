/** UEFI variables of real machines: OVMF takes those that they begin with, and adds its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUefiData, type UefiVariable } from '../../foundations/uefi-data.ts';
import { eventually } from '../test-machines.ts';
import { TestQemu } from './test-qemu.ts';

const marker: UefiVariable = {
  name: 'Marker',
  guid: Buffer.from('0123456789abcdef0123456789abcdef', 'hex'),
  // Non-volatile, for the system's programs at any time.
  attributes: 7,
  data: Buffer.from('mine'),
};

test('variables go from a machine to one that begins with them, with what its firmware set', async () => {
  await using machines = await TestQemu.create();
  const begin = async (variables: UefiVariable[]) => {
    const uefiData = encodeUefiData(variables).toString('base64');
    const made = await machines.specOf();
    const spec = { ...made, memoryMiB: 256, firmware: 'uefi' as const, uefiData };
    await machines.start(spec);
    return spec;
  };
  const named = (variables: UefiVariable[], name: string) =>
    variables.find((variable) => variable.name === name);
  const first = await begin([marker]);
  const read = () => machines.hypervisor.uefiVariables(first.instanceId);
  // The firmware writes this one when it has found out what to boot.
  const variables = await eventually(async () => {
    const found = await read();
    return named(found, 'BootOrder') && found;
  });
  assert.deepEqual(named(variables, 'Marker'), marker);
  await machines.stop(first);

  const second = await begin(variables);
  const again = await eventually(async () => {
    const found = await machines.hypervisor.uefiVariables(second.instanceId);
    return named(found, 'BootOrder') && found;
  });
  assert.deepEqual(named(again, 'Marker'), marker);
  // It keeps them over its next start.
  await machines.stop(second);
  await machines.start({ ...second, uefiData: undefined });
  assert.deepEqual(
    named(await machines.hypervisor.uefiVariables(second.instanceId), 'Marker'),
    marker,
  );
});

test('with a platform key it has firmware with secure boot, which keeps its keys', async () => {
  await using machines = await TestQemu.create();
  const { hypervisor } = machines;
  assert.equal(hypervisor.describe().secureBoot, true);
  const keys = await hypervisor.secureBootKeys();
  for (const name of ['PK', 'KEK', 'db', 'dbx']) assert.ok(keys.some((key) => key.name === name));
  const uefiData = encodeUefiData(keys).toString('base64');
  const made = await machines.specOf();
  const spec = { ...made, memoryMiB: 256, firmware: 'uefi' as const, uefiData };
  await machines.start(spec);
  const { name, data } = keys.find((key) => key.name === 'db') as UefiVariable;
  const found = await eventually(async () => {
    const variables = await hypervisor.uefiVariables(spec.instanceId);
    return variables.some((variable) => variable.name === 'BootOrder') && variables;
  });
  assert.deepEqual(found.find((variable) => variable.name === name)?.data, data);
});
