/** By which disk Debian's initramfs takes its root, with a folder in place of the machine. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ownFile } from './own-files.ts';

const script = readFileSync(
  ownFile('debian-early/etc/initramfs-tools/scripts/local-top/first-disk'),
  'utf8',
);

/** Partitions by PCI place, such as `0000:01:00.0`, with the label of each. */
type Machine = Record<string, Record<string, string>>;

/** What the script says of the root. */
function rootOf(machine: Machine, ROOT: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'imago-first-disk-'));
  const within = (name: string) => path.join(folder, name);
  const made = (name: string, text = '') => {
    mkdirSync(path.dirname(within(name)), { recursive: true });
    writeFileSync(within(name), text);
  };
  try {
    const labels: string[] = [];
    for (const [place, parts] of Object.entries(machine)) {
      for (const [part, label] of Object.entries(parts)) {
        const disk = part.replace(/\d+$/, '');
        made(`sys/bus/pci/devices/${place}/virtio0/block/${disk}/${part}/partition`);
        made(`dev/${disk}`);
        made(`dev/${part}`);
        labels.push(`*/${part}) [ "$2" = LABEL ] && echo ${label} ;;`);
      }
    }
    const blkid = `blkid() { case "$5" in ${labels.join(' ')} esac; }`;
    made('scripts/functions', `wait_for_udev() { :; }\n${blkid}\n`);
    made('conf/param.conf');
    // No device nodes without being root.
    const here = script
      .replace(/(?<=[ "])\/(?=(scripts|sys|dev|conf)\/)/g, `${folder}/`)
      .replaceAll('[ -b ', '[ -e ');
    execFileSync('/bin/sh', ['-c', here], { env: { ROOT } });
    return readFileSync(within('conf/param.conf'), 'utf8').replaceAll(folder, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('of the disks that have the label it is the first by its place, whatever its name', () => {
  const machine = {
    '0000:02:00.0': { vda1: 'root', vda15: 'efi' },
    '0000:01:00.0': { vdb1: 'root' },
    '0000:1c:00.0': { vdc1: 'root' },
  };
  assert.equal(rootOf(machine, 'LABEL=root'), 'ROOT=/dev/vdb1\n');
});

test('a disk without it is passed over; where none has it, or a device is named, nothing changes', () => {
  const machine = {
    '0000:01:00.0': { vda1: 'data' },
    '0000:02:00.0': { vdb14: 'boot', vdb1: 'root' },
  };
  assert.equal(rootOf(machine, 'LABEL=root'), 'ROOT=/dev/vdb1\n');
  assert.equal(rootOf(machine, 'LABEL=other'), '');
  assert.equal(rootOf(machine, 'UUID=root'), '');
  assert.equal(rootOf(machine, '/dev/vda1'), '');
  assert.equal(rootOf({}, 'LABEL=root'), '');
});
