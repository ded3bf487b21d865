/**
 * A real guest gets disks while it runs, and lets go of them: what a machine's root ports are for.
 * Also what else its hardware is to be good for.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
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
import { deviceName, diskSerial, takenNode, takenOptions } from './block-graph.ts';
import { createQemuHypervisor } from './qemu-hypervisor.ts';
import { QmpClient } from './qmp.ts';

const identity = unprivilegedIdentity();

/** By UEFI, emulated, beside other guests. */
const bootLimitMs = 180_000;

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
    await eventually(consoleHas('is up after'), bootLimitMs);
    await eventually(() => received.includes('is up after'));
    socket.destroy();
  });

  test('a launch writes little: UEFI variables are a difference', async () => {
    const variables = await stat(path.join(sockets, 'uefi-vars.qcow2'));
    const template = await stat(path.join(spec.folder, 'uefi-template.fd'));
    assert.ok(template.nlink >= 2, 'the template is the one in the home');
    assert.ok(variables.blocks * 512 <= 64 * 1024, `${variables.blocks * 512} bytes`);
  });

  test('what is drawn on its screen can be taken as a picture', async () => {
    const { width, height, rgb } = await hypervisor.screen(spec.instanceId, { wakeUp: false });
    assert.equal(rgb.length, width * height * 3);
  });

  test('a disk is plugged and known by its serial, written, made larger, and let go of', async () => {
    const { instanceId } = spec;
    const disk = await home.disk('vol-00000000000000b00', undefined, 7);
    const { volumeId } = disk;
    await hypervisor.plug(instanceId, disk);
    const serial = diskSerial(volumeId);
    await untilGuestSays('cat /sys/block/vdb/serial', serial);
    await run('echo hot-plugged | dd of=/dev/vdb conv=fsync');
    await hypervisor.resize(instanceId, volumeId, 3 * disk.sizeBytes);
    await untilGuestSays('cat /sys/block/vdb/size', `${(3 * disk.sizeBytes) / 512}`);
    await run(
      `echo at-the-end | dd of=/dev/vdb bs=512 seek=${(3 * disk.sizeBytes) / 512 - 1} conv=fsync`,
    );
    await eventually(() => hypervisor.unplug(instanceId, volumeId));
    await untilGuestSays('ls /sys/block', /^(?!.*vdb)/s);
    const written = await readFile(disk.layers[0]?.path ?? '');
    assert.ok(written.includes('hot-plugged') && written.includes('at-the-end'));
  });

  test('of a disk that is taken away its guest reads and writes errors, and goes on', async () => {
    const { instanceId } = spec;
    const disk = await home.disk('vol-00000000000000b01', undefined, 7);
    const { volumeId } = disk;
    await hypervisor.plug(instanceId, disk);
    await untilGuestSays('cat /sys/block/vdb/serial', diskSerial(volumeId));
    // As takeAway does where the guest, other than this one, does not let go.
    await hypervisor.close();
    const qmp = await QmpClient.connect(path.join(sockets, 'qmp.sock'), 10_000, () => true);
    await qmp.execute('blockdev-add', takenOptions(volumeId));
    const device = `/machine/peripheral/${deviceName(volumeId)}/virtio-backend`;
    const value = takenNode(volumeId);
    await qmp.execute('qom-set', { path: device, property: 'drive', value });
    qmp.close();
    await hypervisor.adopt(instanceId, spec.folder);
    for (const direction of ['if=/dev/vdb of=/dev/null', 'if=/dev/zero of=/dev/vdb conv=fsync']) {
      const output = await run(`dd ${direction} bs=4096 count=1 2>&1; echo exit $?`);
      assert.match(output, /exit 1/, output);
    }
    assert.equal(await hypervisor.status(instanceId), 'running');
    assert.equal(await run('echo well'), 'well\n');
    await hypervisor.takeAway(instanceId, volumeId);
    await hypervisor.plug(instanceId, disk);
    await eventually(() => hypervisor.unplug(instanceId, volumeId));
  });

  const run = (script: string) => runInGuest(path.join(sockets, 'qga.sock'), script);

  async function untilGuestSays(script: string, what: string | RegExp): Promise<void> {
    const isSo = (said: string) =>
      typeof what === 'string' ? said.includes(what) : what.test(said);
    await eventually(async () => isSo(await run(script)));
  }
});

/** The output of a shell command in the guest, by its agent. */
async function runInGuest(agentSocket: string, script: string): Promise<string> {
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
