/**
 * What a machine's user may put where a socket of it is looked for, and each of those who connect
 * there.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { lchown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { SerialConsole } from '../data-plane/serial-console.ts';
import { GuestAgent } from '../hypervisor/qemu/guest-agent.ts';
import { QmpClient } from '../hypervisor/qemu/qmp.ts';
import { LinkEnd } from '../network/user-mode/link-end.ts';
import { silentLog } from './log.ts';
import { connectToMachine } from './machine-socket.ts';

/** Two folders of machines; the other one's socket counts who connects. */
class Machines implements AsyncDisposable {
  readonly folder: string;
  readonly own: string;
  readonly other: string;
  connections = 0;
  readonly #server = createServer((socket) => {
    this.connections += 1;
    socket.on('error', () => {});
    socket.end('other');
  });

  private constructor(folder: string) {
    this.folder = folder;
    this.own = path.join(folder, 'own');
    this.other = path.join(folder, 'other');
  }

  static async make(): Promise<Machines> {
    const machines = new Machines(await mkdtemp(path.join(tmpdir(), 'im-socket-')));
    await mkdir(machines.own);
    await mkdir(machines.other);
    machines.#server.listen(path.join(machines.other, 'a.sock'));
    await once(machines.#server, 'listening');
    return machines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await rm(this.folder, { recursive: true });
  }
}

/** What is read, or why there is nothing to read. */
async function read(socketPath: string): Promise<string> {
  const socket = connectToMachine(socketPath);
  try {
    const [bytes] = await once(socket, 'data');
    return String(bytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code ?? message;
  } finally {
    socket.destroy();
  }
}

test('a socket of the folder is connected to, and what is not there is told as ever', async () => {
  await using machines = await Machines.make();
  assert.equal(await read(path.join(machines.other, 'a.sock')), 'other');
  assert.equal(await read(path.join(machines.own, 'a.sock')), 'ENOENT');
  assert.equal(await read(path.join(machines.folder, 'none/a.sock')), 'ENOENT');
});

test('nothing but a socket of the folder is: no link, file, FIFO or folder', async () => {
  await using machines = await Machines.make();
  const { own, other } = machines;
  await symlink(path.join(other, 'a.sock'), path.join(own, 'link'));
  await writeFile(path.join(own, 'file'), '');
  await mkdir(path.join(own, 'folder'));
  execFileSync('mkfifo', [path.join(own, 'fifo')]);
  for (const name of ['link', 'file', 'folder', 'fifo']) {
    assert.match(await read(path.join(own, name)), /is not a socket/, name);
  }
  await symlink(other, path.join(machines.folder, 'linked'));
  assert.match(await read(path.join(machines.folder, 'linked/a.sock')), /^(ENOTDIR|ELOOP)$/);
  assert.equal(machines.connections, 0);
});

if (process.getuid?.() === 0) {
  test('a socket of another user is not connected to', async () => {
    await using machines = await Machines.make();
    const socket = path.join(machines.other, 'a.sock');
    await lchown(socket, 1, 1);
    assert.match(await read(socket), /is not its folder's owner's/);
    await lchown(machines.other, 1, 1);
    assert.equal(await read(socket), 'other');
  });
}

const users: Record<string, (socketPath: string) => Promise<void>> = {
  'the monitor': (socketPath) => assert.rejects(QmpClient.connect(socketPath, 50, () => true)),
  'the guest agent': (socketPath) => assert.rejects(GuestAgent.open(socketPath, 50)),
  'the cable': async (socketPath) => {
    const received: Buffer[] = [];
    const createReader = () => (chunk: Buffer) => void received.push(chunk);
    const end = new LinkEnd({ path: socketPath, log: silentLog, createReader });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await end.close();
    assert.equal(received.length, 0);
  },
  'the console': async (socketPath) => {
    const reader = new PassThrough();
    new SerialConsole(socketPath).join(reader);
    assert.equal((await reader.toArray()).length, 0);
  },
};

for (const [who, connect] of Object.entries(users)) {
  test(`${who} is not led to another machine's socket by a link`, async () => {
    await using machines = await Machines.make();
    const link = path.join(machines.own, 'a.sock');
    await symlink(path.join(machines.other, 'a.sock'), link);
    await connect(link);
    assert.equal(machines.connections, 0);
  });
}
