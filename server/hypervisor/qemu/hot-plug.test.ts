/**
 * A real guest gets a disk while it runs: what a machine's root ports are for. Also what else its
 * hardware is to be good for.
 */
import assert from 'node:assert/strict';
import { chown, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { createLayer } from '../../disk/qcow2-create.ts';
import { openRawFileDisk } from '../../disk/raw-file-disk.ts';
import { socketsFolder } from '../../foundations/home.ts';
import { silentLog } from '../../foundations/log.ts';
import { unprivilegedIdentity } from '../../foundations/unprivileged.ts';
import { buildProviderImage } from '../../provider-images/provider-image.ts';
import type { Hypervisor, MachineSpec } from '../hypervisor.ts';
import { eventually, pinned, TestHome } from '../test-machines.ts';
import { deviceName, diskOptions, diskSerial, layerNode } from './block-graph.ts';
import { createQemuHypervisor } from './qemu-hypervisor.ts';
import { QmpClient } from './qmp.ts';

const identity = unprivilegedIdentity();

describe('a machine with an operating system', () => {
  let home: TestHome;
  let work: string;
  let hypervisor: Hypervisor;
  let spec: MachineSpec;
  let sockets: string;

  before(async () => {
    home = await TestHome.create();
    work = await mkdtemp(path.join(tmpdir(), 'im-build-'));
    const { diskPath, sizeBytes } = await buildProviderImage({
      name: 'micro',
      workFolder: path.join(work, 'micro'),
      now: new Date(),
    });
    const firmwareFolder = path.join(home.folder, 'firmware');
    hypervisor = await createQemuHypervisor({
      log: silentLog,
      createLayer,
      firmwareFolder,
      identity,
    });
    const made = pinned(await home.machine('i-0000000000000b007'), hypervisor);
    const exportName = 'e'.repeat(64);
    home.exports.set(exportName, await openRawFileDisk(diskPath));
    const [disk] = made.disks;
    const [layer] = disk?.layers ?? [];
    assert.ok(disk && layer);
    await rm(layer.path);
    await createLayer(layer.path, sizeBytes);
    const base = { exportName, sizeBytes };
    spec = { ...made, memoryMiB: 256, firmware: 'uefi', disks: [{ ...disk, base, sizeBytes }] };
    sockets = socketsFolder(spec.folder, spec.layout);
    await hypervisor.start(spec);
  });
  after(async () => {
    await hypervisor?.adopt(spec.instanceId, spec.folder);
    await hypervisor?.destroy(spec.instanceId);
    await hypervisor?.close();
    await home?.[Symbol.asyncDispose]();
    await rm(work, { recursive: true, force: true });
  });

  const consoleHas = (text: string) => () =>
    hypervisor
      .consoleOutput(spec.folder, 1_000_000)
      .then((output) => output.includes(text) || undefined);

  test('its console is a socket, and what nobody listened to is in its log', async () => {
    const socket = connect(path.join(sockets, 'console.sock'));
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    await eventually(consoleHas('is up after'));
    await eventually(() => received.includes('is up after'));
    socket.destroy();
  });

  test('a launch writes little: UEFI variables are a difference', async () => {
    const variables = await stat(path.join(sockets, 'uefi-vars.qcow2'));
    const template = await stat(path.join(spec.folder, 'uefi-template.fd'));
    assert.ok(template.nlink >= 2, 'the template is the one in the home');
    assert.ok(variables.blocks * 512 <= 64 * 1024, `${variables.blocks * 512} bytes`);
  });

  test('a disk is plugged into a root port, written by the guest, and known by its serial', async () => {
    const volumeId = 'vol-00000000000000b00';
    const disk = await home.disk(volumeId, undefined, 7);
    const [layer] = disk.layers;
    assert.ok(layer);
    if (identity) await chown(layer.path, identity.uid, identity.gid);
    const relative = { ...layer, path: path.relative(sockets, layer.path) };
    await hypervisor.close();
    const qmp = await QmpClient.connect(path.join(sockets, 'qmp.sock'), 10_000, () => true);
    const nodes = diskOptions({ ...disk, layers: [relative] });
    for (const node of nodes) await qmp.execute('blockdev-add', node);
    const serial = diskSerial(volumeId);
    await qmp.execute('device_add', {
      driver: 'virtio-blk-pci',
      id: deviceName(volumeId),
      drive: layerNode(volumeId, 1),
      serial,
      bus: `disk-${disk.slot}`,
    });
    const agent = path.join(sockets, 'qga.sock');
    await eventually(async () => (await run(agent, 'cat /sys/block/vdb/serial')).includes(serial));
    await run(agent, 'echo hot-plugged | dd of=/dev/vdb conv=fsync');
    const shot = path.join(sockets, 'screen.ppm');
    await qmp.execute('screendump', { filename: 'screen.ppm' });
    const header = (await readFile(shot)).subarray(0, 2).toString();
    qmp.close();
    assert.equal(header, 'P6');
    assert.ok((await readFile(layer.path)).includes('hot-plugged'));
  });
});

/** The output of a shell command in the guest, by its agent. */
async function run(agentSocket: string, script: string): Promise<string> {
  const socket = connect(agentSocket);
  try {
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    const ask = async (execute: string, args: object): Promise<Record<string, unknown>> => {
      socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
      return JSON.parse((await lines.next()).value ?? '').return;
    };
    const command = { path: '/bin/sh', arg: ['-c', script], 'capture-output': true };
    const { pid } = await ask('guest-exec', command);
    for (;;) {
      const status = await ask('guest-exec-status', { pid });
      if (status.exited) return Buffer.from(String(status['out-data'] ?? ''), 'base64').toString();
    }
  } finally {
    socket.destroy();
  }
}
