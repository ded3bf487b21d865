/** A guest's console through the data plane's process; this test is the machine. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConsole } from '../../foundations/console-log.ts';
import { attachment, first, identity, makeHome } from './test-home.ts';

const mib = 1024 * 1024;

async function setUp(t: TestContext) {
  const { home, guest, plane: createPlane } = await makeHome(t);
  const { folder, root } = await guest(first);
  const sockets = home.machineSocketsFolder(first);
  await mkdir(sockets);
  for (const each of [folder, sockets]) await chmod(each, 0o777);
  const machines: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    machines.push(socket);
    server.emit('machine', socket);
  });
  const file = path.join(sockets, 'console.sock');
  await new Promise<void>((resolve) => server.listen(file, resolve));
  await chmod(file, 0o777);
  t.after(() => {
    for (const socket of machines) socket.destroy();
    server.close();
  });
  const plane = createPlane();
  await plane.start();
  await plane.attach(folder, { ...attachment(first, [root]), layout: 2 });
  const look = async (): Promise<Duplex> => {
    const reader = await plane.console(first);
    assert.ok(reader);
    t.after(() => reader.destroy());
    return reader;
  };
  return { plane, folder, root, server, look, machines };
}

async function textOf(reader: Duplex, pattern: RegExp): Promise<string> {
  let text = '';
  while (!pattern.test(text)) text += (await once(reader, 'data'))[0];
  return text;
}

test('all see what the guest writes, and each types to it', async (t) => {
  const { server, look, machines } = await setUp(t);
  const connected = once(server, 'machine');
  const [a, b] = [await look(), await look()];
  const [machine] = (await connected) as [Socket];
  let isSeen = false;
  const seen = Promise.all([textOf(a, /login: $/), textOf(b, /login: $/)]).then(() => {
    isSeen = true;
  });
  // Who looks may be let in a moment after it was told so.
  for (; !isSeen; await sleep(10)) machine.write('debian login: ');
  await seen;
  let typed = '';
  const types = async (who: Duplex, text: string, all: string) => {
    who.write(text);
    while (typed.length < all.length) typed += (await once(machine, 'data'))[0];
    assert.equal(typed, all);
  };
  await types(a, 'root\n', 'root\n');
  await types(b, 'ls\n', 'root\nls\n');
  assert.equal(machines.length, 1, 'one connection serves all');
  const gone = once(machine, 'close');
  machine.resume();
  a.destroy();
  b.destroy();
  await gone;
});

test('a reader that does not read is dropped; the guest writes on and the others see it', async (t) => {
  const { server, look } = await setUp(t);
  const connected = once(server, 'machine');
  const [slow, quick] = [await look(), await look()];
  const [machine] = (await connected) as [Socket];
  slow.pause();
  let received = 0;
  quick.on('data', (bytes: Buffer) => {
    received += bytes.length;
  });
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const total = 4 * mib;
  for (let sent = 0; sent < total; sent += chunk.length) {
    machine.write(chunk);
    while (received <= sent) await sleep(1);
  }
  slow.resume();
  await once(slow, 'close');
});

test('an end of the machine ends its console; without a machine there is none to wait for', async (t) => {
  const { server, look } = await setUp(t);
  const connected = once(server, 'machine');
  const reader = await look();
  const [machine] = (await connected) as [Socket];
  reader.resume();
  machine.destroy();
  await once(reader, 'end');
});

test('a machine of layout 1 has no console that takes input', async (t) => {
  const { plane, folder, root } = await setUp(t);
  await plane.detach(folder, first);
  assert.equal(await plane.console(first), undefined);
  await plane.attach(folder, attachment(first, [root]));
  assert.equal(await plane.console(first), undefined);
});

test('a guest that floods its console and QEMU’s messages while Imago is away fills no disk', async (t) => {
  const { plane, folder } = await setUp(t);
  const logs = ['console.log', 'qemu.log'].map((name) => path.join(folder, name));
  // As the hypervisor makes it.
  await writeFile(path.join(folder, 'qemu.log'), '', { mode: 0o600 });
  if (identity) await chown(path.join(folder, 'qemu.log'), identity.uid, identity.gid);
  await chmod(folder, 0o711);
  await plane.close({ keepServing: true });
  const line = Buffer.from(`${'y'.repeat(1023)}\n`.repeat(1024));
  for (const file of logs) {
    for (let written = 0; written < 20; written += 1) appendFileSync(file, line);
    appendFileSync(file, 'the newest\n');
  }
  for (const file of logs) {
    while ((await stat(file)).size > 16 * mib) await sleep(100);
    assert.equal((await stat(file.replace(/log$/, 'old'))).size, mib);
  }
  assert.match((await readConsole(folder, 100)).toString(), /the newest\n$/);
});
