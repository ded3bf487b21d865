import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { MachineLayout, MachineSpec } from '../hypervisor.ts';
import { commandLine } from './command-line.ts';

const spec: MachineSpec = {
  instanceId: 'i-0123456789abcdef0',
  folder: '/home/x, y/instances/i-0123456789abcdef0',
  vcpus: 2,
  cpuShare: 'full',
  memoryMiB: 1024,
  machineType: 'pc-q35-7.2',
  cpuModel: 'Nehalem',
  accelerator: 'kvm',
  uuid: 'ec2abc12-3def-4567-89ab-cdef01234567',
  layout: 3,
  sharedMemory: true,
  generationId: '324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87',
  productName: 't3,evil=on',
  firmware: 'bios',
  disks: [1, 2].map((n) => ({
    volumeId: `vol-0123456789abcdef${n}`,
    slot: n === 1 ? 0 : 5,
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
  assert.equal(files[0], '../../../volumes/vol-0123456789abcdef1/1.qcow2');
});

const devices = (driver: string) =>
  after(commandLine(spec), '-device')
    .filter((device) => device.startsWith('{'))
    .map((device) => JSON.parse(device))
    .filter((device) => device.driver === driver);

test('the first disk boots, each keeps its slot and serial, behind a port of its own', () => {
  assert.deepEqual(
    devices('virtio-blk-pci').map(({ bus, serial, bootindex }) => [bus, serial, bootindex]),
    [
      ['disk-0', 'vol0123456789abcdef1', 0],
      ['disk-5', 'vol0123456789abcdef2', undefined],
    ],
  );
});

test('there is room for 28 disks and 4 cards, no two ports in one place', () => {
  const ports = devices('pcie-root-port');
  assert.equal(ports.filter(({ id }) => id.startsWith('disk-')).length, 28);
  assert.equal(ports.filter(({ id }) => id.startsWith('card-')).length, 4);
  for (const member of ['id', 'addr', 'chassis']) {
    assert.equal(new Set(ports.map((port) => port[member])).size, 32, member);
  }
});

test('DHCP tells the domain, where there is one', () => {
  const domainOf = (machine: MachineSpec) =>
    after(commandLine(machine), '-netdev')
      .map((json) => JSON.parse(json))
      .find(({ type }) => type === 'user').domainname;
  const domain = 'ec2.internal';
  assert.equal(domainOf({ ...spec, network: { ...spec.network, domain } }), domain);
  assert.equal(domainOf(spec), undefined);
});

test('an emulated machine keeps little translated code, which is what makes its reboots fast', () => {
  const [accelerator] = after(commandLine({ ...spec, accelerator: 'tcg' }), '-accel');
  assert.match(accelerator ?? '', /,tb-size=64$/);
  assert.deepEqual(after(commandLine(spec), '-accel'), ['kvm']);
});

for (const layout of [1, 2] as const) {
  test(`a machine of layout ${layout} is started exactly as older Imagos did`, () => {
    const fixture = path.join(import.meta.dirname, `layout-${layout}.test.json`);
    const codeFile = '/usr/share/OVMF/OVMF_CODE_4M.fd';
    const argv = commandLine(ofOld(layout), { codeFile });
    assert.deepEqual(argv, JSON.parse(readFileSync(fixture, 'utf8')));
  });
}

function ofOld(layout: MachineLayout): MachineSpec {
  return {
    ...spec,
    layout,
    accelerator: 'tcg',
    productName: 't3.micro',
    firmware: 'uefi',
    disks: spec.disks.map((disk, slot) => ({
      ...disk,
      slot,
      ...(slot === 0 && { base: { exportName: 'a'.repeat(64), sizeBytes: 1 } }),
    })),
  };
}

test('a new machine has a pointer, and all else in the places that it had before', () => {
  const [now, before] = [commandLine(spec), commandLine({ ...spec, layout: 2 })];
  const at = now.findIndex((word, index) => word !== before[index]);
  const added = now.splice(at, now.length - before.length);
  assert.deepEqual(now, before);
  assert.deepEqual(
    added.filter((word) => word !== '-device').map((word) => word.split(',')[0]),
    ['virtio-tablet-pci'],
  );
});

test('a machine without disks, with too many, or without its firmware is refused', () => {
  const [disk] = spec.disks;
  assert.ok(disk);
  assert.throws(() => commandLine({ ...spec, disks: [] }), RangeError);
  const many = Array.from({ length: 29 }, (_, slot) => ({ ...disk, slot }));
  assert.throws(() => commandLine({ ...spec, disks: many }), RangeError);
  assert.throws(() => commandLine({ ...spec, disks: [disk, disk] }), RangeError);
  assert.throws(() => commandLine({ ...spec, disks: [{ ...disk, slot: 28 }] }), RangeError);
  assert.throws(() => commandLine({ ...spec, disks: [{ ...disk, layers: [] }] }), RangeError);
  assert.throws(() => commandLine({ ...spec, firmware: 'uefi' }), TypeError);
});
