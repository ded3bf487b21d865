/**
 * What the pivot of a running machine relies on: when QEMU has put a new layer on top, the file of
 * the old one is complete for a reader outside of QEMU, although QEMU still has it open. With a
 * real QEMU, whose monitor writes instead of a guest.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { LayeredDisk } from './layered-disk.ts';
import { createLayer } from './qcow2-create.ts';
import { openLayer } from './qcow2-layer.ts';

const mib = 1024 ** 2;
const sizeBytes = 2048 * mib;

function startQemu(layer: string) {
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      ...['-machine', 'none', '-nodefaults', '-display', 'none', '-qmp', 'stdio'],
      ...['-blockdev', `driver=file,node-name=file0,filename=${layer},discard=unmap`],
      ...['-blockdev', 'driver=qcow2,node-name=layer0,file=file0,discard=unmap'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: qemu.stdout })[Symbol.asyncIterator]();
  const execute = async (command: string, args: object = {}) => {
    qemu.stdin.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    for (;;) {
      const { value: line = '', done } = await lines.next();
      if (done) throw new Error('QEMU ended');
      // The commands of qemu-io print what they did between the replies.
      if (!line.startsWith('{')) continue;
      const reply = JSON.parse(line);
      if (reply.error) throw new Error(reply.error.desc);
      if ('return' in reply) return reply.return;
    }
  };
  return { qemu, execute };
}

test('after blockdev-snapshot the file of the old layer is complete for other readers', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pivot-'));
  const [low, high] = [path.join(folder, '0.qcow2'), path.join(folder, '1.qcow2')];
  await createLayer(low, sizeBytes);
  await createLayer(high, sizeBytes);
  const { qemu, execute } = startQemu(low);
  try {
    await execute('qmp_capabilities');
    const write = (node: string, command: string) =>
      execute('human-monitor-command', { 'command-line': `qemu-io ${node} "${command}"` });
    const model = Buffer.alloc(sizeBytes);
    for (let i = 0; i < 60; i++) {
      const offset = (i * 37 * mib) % (sizeBytes - mib);
      await write('layer0', `write -P ${i + 1} ${offset} 200k`);
      model.fill(i + 1, offset, offset + 200 * 1024);
    }
    await write('layer0', 'discard 37M 1M');
    model.fill(0, 37 * mib, 38 * mib);
    await execute('blockdev-add', {
      driver: 'qcow2',
      'node-name': 'layer1',
      file: { driver: 'file', filename: high },
      backing: null,
    });
    await execute('blockdev-snapshot', { node: 'layer0', overlay: 'layer1' });

    const disk = new LayeredDisk([await openLayer(low)]);
    for (let offset = 0; offset < sizeBytes; offset += 64 * mib) {
      const expected = model.subarray(offset, offset + 64 * mib);
      assert.ok((await disk.pread(offset, 64 * mib)).equals(expected), `at ${offset}`);
    }
    // What is written from now on is in the new layer only.
    await write('layer1', 'write -P 255 0 64k');
    assert.ok((await disk.pread(0, mib)).equals(model.subarray(0, mib)));
    await disk.close();
  } finally {
    qemu.kill('SIGKILL');
    await once(qemu, 'exit');
    await rm(folder, { recursive: true });
  }
});

test('a layer whose QEMU was killed holds everything that was flushed', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pivot-'));
  const layer = path.join(folder, '0.qcow2');
  await createLayer(layer, sizeBytes);
  const { qemu, execute } = startQemu(layer);
  try {
    await execute('qmp_capabilities');
    for (const command of ['write -P 7 100M 3M', 'write -P 8 1500M 1M', 'flush']) {
      await execute('human-monitor-command', { 'command-line': `qemu-io layer0 "${command}"` });
    }
  } finally {
    qemu.kill('SIGKILL');
    await once(qemu, 'exit');
  }
  const disk = new LayeredDisk([await openLayer(layer)]);
  assert.ok((await disk.pread(100 * mib, 3 * mib)).equals(Buffer.alloc(3 * mib, 7)));
  assert.ok((await disk.pread(1500 * mib, mib)).equals(Buffer.alloc(mib, 8)));
  await disk.close();
  await rm(folder, { recursive: true });
});
