import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Home } from '../../foundations/home.ts';
import { silentLog } from '../../foundations/log.ts';
import { unprivilegedIdentity } from '../../foundations/unprivileged.ts';
import { callControlSocket } from '../../processes/control-socket.ts';
import { portForwarderFiles } from '../places.ts';
import type { ForwardedPort, PortForwarder } from '../port-forwarder.ts';
import { ask, listen } from '../test-ports.ts';
import { createProcessPortForwarder } from './process-port-forwarder.ts';

const identity = unprivilegedIdentity();
/** Only root's Imago has a forwarder. */
const asRoot = { skip: !identity };
const guest = 'i-0aaaaaaaaaaaaaaaa';
/** So that two runs on one host do not meet. */
const hostIp = `127.77.${process.pid % 250}.${Math.floor(process.pid / 250) % 250}`;

async function setUp(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'fwd-'));
  const home = new Home(folder);
  await mkdir(home.runFolder);
  for (const shared of [folder, home.runFolder]) await chmod(shared, 0o711);
  const inner = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  const innerPort = await listen(inner, hostIp);
  const made: PortForwarder[] = [];
  t.after(async () => {
    for (const one of made) await one.close({ keepServing: one !== made.at(-1) });
    inner.close();
    await rm(folder, { recursive: true });
  });
  const ssh: ForwardedPort = {
    protocol: 'tcp',
    hostIp,
    hostPort: 22,
    guestPort: 22,
    innerPort,
  };
  return {
    home,
    ssh,
    create(version: string): PortForwarder {
      assert.ok(identity);
      const one = createProcessPortForwarder({ home, log: silentLog, identity, version });
      made.push(one);
      return one;
    },
    async status() {
      const { socketPath } = portForwarderFiles(home.runFolder);
      return (await callControlSocket(socketPath, 'GET', '/status')) as { pid: number };
    },
  };
}

function open(t: TestContext, port = 22): Socket {
  const socket = connect(port, hostIp);
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  return socket;
}

async function until(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isTrue())) await sleep(20);
}

const answers = (t: TestContext) =>
  ask(open(t), 'x').then(
    () => true,
    () => false,
  );

test(
  'sessions outlive the control plane and new code of the forwarder; the old code ends with them',
  asRoot,
  async (t) => {
    const { ssh, create, status } = await setUp(t);
    const first = create('1');
    await first.start();
    assert.deepEqual(await first.forward(guest, [ssh]), [ssh]);
    const session = open(t);
    assert.equal(await ask(session, 'one'), 'one');
    const { pid } = await status();

    await first.close({ keepServing: true });
    assert.equal(await ask(session, 'nobody watches'), 'nobody watches');
    const second = create('1');
    await second.start();
    assert.equal((await status()).pid, pid, 'adopted');
    await second.close({ keepServing: true });

    const third = create('2');
    await third.start();
    assert.notEqual((await status()).pid, pid);
    assert.equal(await ask(session, 'still'), 'still');
    assert.ok(await answers(t), 'the ports are open again');
    assert.deepEqual(await third.forward(guest, [ssh]), [ssh]);
    assert.ok(existsSync(`/proc/${pid}`));
    session.destroy();
    await until(() => !existsSync(`/proc/${pid}`));
  },
);

test('killed, it is started again and opens what was open', asRoot, async (t) => {
  const { ssh, create, status } = await setUp(t);
  const one = create('1');
  await one.start();
  await one.forward(guest, [ssh]);
  process.kill((await status()).pid, 'SIGKILL');
  await until(() => answers(t));
  await one.forward(guest, []);
  const refused = once(open(t), 'error');
  assert.equal(((await refused)[0] as NodeJS.ErrnoException).code, 'ECONNREFUSED');
});

test(
  'a host whose sshd has port 22 of all addresses: the guest is at another, also later',
  asRoot,
  async (t) => {
    const { ssh, create, status } = await setUp(t);
    const sshd = createServer((socket) => socket.end('the host'));
    await new Promise<void>((resolve) => sshd.listen(22, hostIp, resolve));
    t.after(() => sshd.close());
    const one = create('1');
    await one.start();
    const [port] = await one.forward(guest, [ssh]);
    assert.deepEqual(port, { ...ssh, hostPort: 10_022 });
    assert.equal(await ask(open(t, 10_022), 'a'), 'a');
    process.kill((await status()).pid, 'SIGKILL');
    await until(() =>
      ask(open(t, 10_022), 'x').then(
        () => true,
        () => false,
      ),
    );
  },
);

test('with a full device in place of its log it forwards all the same', asRoot, async (t) => {
  const { home, ssh, create } = await setUp(t);
  await symlink('/dev/full', portForwarderFiles(home.runFolder).logFile);
  const one = create('1');
  await one.start();
  assert.deepEqual(await one.forward(guest, [ssh]), [ssh]);
  assert.ok(await answers(t));
});

test('it is an unprivileged user who may open low ports, and nothing else', asRoot, async (t) => {
  const { create, status } = await setUp(t);
  await create('1').start();
  const { pid } = await status();
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const lineOf = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1];
  const uid = identity?.uid;
  assert.equal(lineOf('Uid'), `${uid}\t${uid}\t${uid}\t${uid}`);
  for (const set of ['CapPrm', 'CapEff', 'CapBnd']) {
    assert.equal(Number.parseInt(lineOf(set) ?? '', 16), 1 << 10, set);
  }
  assert.equal(lineOf('NoNewPrivs'), '1');
});
