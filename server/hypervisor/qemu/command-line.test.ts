import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineSpec } from '../hypervisor.ts';
import { commandLine } from './command-line.ts';

const spec: MachineSpec = {
  instanceId: 'i-0123456789abcdef0',
  folder: '/home/x, y/instances/i-0123456789abcdef0',
  vcpus: 2,
  memoryMiB: 1024,
  machineType: 'pc-q35-7.2',
  cpuModel: 'Nehalem',
  accelerator: 'kvm',
  uuid: 'ec2abc12-3def-4567-89ab-cdef01234567',
  productName: 't3,evil=on',
  firmware: 'bios',
  disks: [1, 2].map((n) => ({
    volumeId: `vol-0123456789abcdef${n}`,
    layers: [{ number: 1, path: `/home/x, y/volumes/vol-0123456789abcdef${n}/1.qcow2` }],
    sizeBytes: 1,
  })),
  network: {
    mac: '02:00:00:00:00:01',
    privateIp: '172.31.0.15',
    subnetCidr: '172.31.0.0/20',
    gatewayIp: '172.31.0.1',
    dnsIp: '172.31.0.2',
    forwards: [],
  },
};

const after = (argv: string[], option: string) =>
  argv.filter((_, index) => argv[index - 1] === option);

test('what a name contains never becomes an option', () => {
  assert.ok(after(commandLine(spec), '-smbios')[0]?.includes('product=t3,,evil=on,'));
  const files = after(commandLine(spec), '-blockdev').map((json) => JSON.parse(json).filename);
  assert.equal(files[0], '../../volumes/vol-0123456789abcdef1/1.qcow2');
});

test('the first disk boots, each keeps its slot and serial', () => {
  const disks = after(commandLine(spec), '-device')
    .filter((device) => device.startsWith('{'))
    .map((device) => JSON.parse(device));
  assert.deepEqual(
    disks.map(({ addr, serial, bootindex }) => [addr, serial, bootindex]),
    [
      ['0x8', 'vol0123456789abcdef1', 0],
      ['0x9', 'vol0123456789abcdef2', undefined],
    ],
  );
});

test('a machine without disks, with too many, or without its firmware is refused', () => {
  const [disk] = spec.disks;
  assert.ok(disk);
  assert.throws(() => commandLine({ ...spec, disks: [] }), RangeError);
  assert.throws(() => commandLine({ ...spec, disks: Array(24).fill(disk) }), RangeError);
  assert.throws(() => commandLine({ ...spec, disks: [{ ...disk, layers: [] }] }), RangeError);
  assert.throws(() => commandLine({ ...spec, firmware: 'uefi' }), TypeError);
});
