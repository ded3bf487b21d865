import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataPlaneSuite } from '../data-plane-suite.ts';
import { dataPlaneFiles } from '../places.ts';
import {
  attachment,
  first,
  identity,
  makeHome,
  readExport,
  readStatus,
  run,
  second,
  serveTwo,
} from './test-home.ts';

dataPlaneSuite('process', async (t) => {
  const { guest, plane } = await makeHome(t);
  const { folder, root } = await guest(first);
  return { plane: plane(), folder, attachment: attachment(first, [root]) };
});

test('serves what is attached, to that guest only', async (t) => {
  const { plane, a, b } = await serveTwo(t);
  assert.deepEqual(await readExport(a.folder, a.root), a.content);
  assert.deepEqual(await readExport(b.folder, b.root), b.content);
  await assert.rejects(readExport(a.folder, b.root), /export/);
  await assert.rejects(readExport(b.folder, a.root), /export/);

  await plane.attach(a.folder, attachment(first, [b.root]));
  assert.deepEqual(await readExport(a.folder, b.root), b.content, 'replaced');
  await assert.rejects(readExport(a.folder, a.root), /export/);

  await plane.detach(a.folder, first);
  await assert.rejects(readExport(a.folder, b.root), /Failed to connect/);
  await plane.detach(a.folder, first);
  assert.deepEqual(await readExport(b.folder, b.root), b.content, 'the other goes on');
});

test('killed, it is started again and serves the same', async (t) => {
  const { home, guest, plane: createPlane } = await makeHome(t);
  const a = await guest(first);
  const plane = createPlane();
  await plane.start();
  await plane.attach(a.folder, attachment(first, [a.root]));
  const before = await readStatus(home);
  process.kill(before.pid, 'SIGKILL');
  // A call made meanwhile waits for the new one.
  await plane.attach(a.folder, attachment(first, [a.root]));
  assert.deepEqual(await readExport(a.folder, a.root), a.content);
  const after = await readStatus(home);
  assert.notEqual(after.pid, before.pid);
  assert.deepEqual(
    after.instances.map(({ instanceId }) => instanceId),
    [first],
  );
});

test('outlives the control plane and is adopted by the next; another version replaces it', async (t) => {
  const { home, guest, plane: createPlane } = await makeHome(t);
  const a = await guest(first);
  const started = createPlane('1');
  await started.start();
  await started.attach(a.folder, attachment(first, [a.root]));
  const { pid } = await readStatus(home);
  await started.close({ keepServing: true });
  assert.deepEqual(await readExport(a.folder, a.root), a.content, 'nobody watches');

  const next = createPlane('1');
  await next.start();
  assert.equal((await readStatus(home)).pid, pid);
  process.kill(pid, 'SIGKILL');
  await next.attach(a.folder, attachment(first, [a.root]));
  const restarted = await readStatus(home);
  assert.notEqual(restarted.pid, pid, 'an adopted one is watched too');
  await next.close({ keepServing: true });

  const newer = createPlane('2');
  await newer.start();
  const replaced = await readStatus(home);
  assert.match(replaced.version, /^2 /);
  assert.notEqual(replaced.pid, restarted.pid);
  assert.deepEqual(await readExport(a.folder, a.root), a.content);
});

test('told to open another part of the host, it is another', async (t) => {
  const { home, plane: createPlane } = await makeHome(t);
  const pids = new Set<number>();
  for (const hostReach of [undefined, '192.0.2.1:80', '192.0.2.1:80', 'all']) {
    const plane = createPlane('1', { hostReach });
    await plane.start();
    pids.add((await readStatus(home)).pid);
    await plane.close({ keepServing: true });
  }
  assert.equal(pids.size, 3);
});

test('the memory for blocks is as large as it was told, also of one that takes its place', async (t) => {
  const { home, plane: createPlane } = await makeHome(t);
  const [small, large] = [48, 64].map((mib) => mib * 1024 ** 2);
  const plane = createPlane('1', { blockCacheBytes: small });
  await plane.start();
  const { pid, blockCacheBytes } = await readStatus(home);
  assert.equal(blockCacheBytes, small);
  process.kill(pid, 'SIGKILL');
  await plane.giveKeys([Buffer.alloc(32)]);
  const next = await readStatus(home);
  assert.notEqual(next.pid, pid);
  assert.equal(next.blockCacheBytes, small);
  await plane.close({ keepServing: true });
  const larger = createPlane('1', { blockCacheBytes: large });
  await larger.start();
  assert.equal((await readStatus(home)).blockCacheBytes, large);
});

test('one that hangs is replaced at the next start; close ends it', async (t) => {
  const { home, plane: createPlane } = await makeHome(t);
  const hanging = createPlane();
  await hanging.start();
  const { pid } = await readStatus(home);
  await hanging.close({ keepServing: true });
  // Its socket is gone as if it did not answer; the record still names it.
  await rm(dataPlaneFiles(home).socketPath);
  const next = createPlane();
  await next.start();
  await isGone(pid);
  const { pid: last } = await readStatus(home);
  await next.close({ keepServing: false });
  await isGone(last);
});

/** One that was killed has its number until its parent, this process, has heard of its end. */
async function isGone(pid: number): Promise<void> {
  for (let looks = 0; looks < 250 && existsSync(`/proc/${pid}`); looks++) await sleep(20);
  assert.equal(existsSync(`/proc/${pid}`), false);
}

test('a broken guest file stops no other guest, and is refused when it is attached', async (t) => {
  const { home, guest, plane: createPlane } = await makeHome(t);
  const [a, b] = [await guest(first), await guest(second)];
  const earlier = createPlane();
  await earlier.start();
  await earlier.attach(b.folder, attachment(second, [b.root]));
  await earlier.close({ keepServing: false });
  await writeFile(path.join(a.folder, 'guest.json'), '{"instanceId":', { mode: 0o644 });
  const plane = createPlane();
  await plane.start();
  assert.deepEqual(await readExport(b.folder, b.root), b.content);
  assert.deepEqual(
    (await readStatus(home)).instances.map(({ instanceId }) => instanceId),
    [second],
  );
  const wrong = attachment(first, [a.root]);
  wrong.link.privateIp = '172.31.0.256';
  await assert.rejects(plane.attach(a.folder, wrong), /not an IPv4 address/);
  await assert.rejects(plane.attach(b.folder, attachment(first, [a.root])), RangeError);
  await plane.attach(a.folder, attachment(first, [a.root]));
  assert.deepEqual(await readExport(a.folder, a.root), a.content);
});

test('a block that is missing is an error for that reader only, and heals', async (t) => {
  const { home, a, b } = await serveTwo(t);
  const file = path.join(home.blocksFolder, a.root.slice(0, 2), a.root.slice(2));
  const page = await readFile(file);
  await rm(file);
  await assert.rejects(readExport(a.folder, a.root));
  assert.deepEqual(await readExport(b.folder, b.root), b.content);
  await writeFile(file, page);
  await chmod(file, 0o644);
  assert.deepEqual(await readExport(a.folder, a.root), a.content);
});

for (const [name, spoil] of [
  ['a full device', (log: string) => symlink('/dev/full', log)],
  ['what cannot be opened', (log: string) => mkdir(log)],
] as const) {
  test(`with ${name} in place of its log it serves all the same`, async (t) => {
    const { home, plane, guest } = await makeHome(t);
    await spoil(path.join(home.runFolder, 'data-plane.log'));
    const served = plane();
    await served.start();
    const { instanceId, folder, root, content } = await guest(first);
    await served.attach(folder, attachment(instanceId, [root]));
    assert.ok((await readExport(folder, root)).equals(content));
  });
}

test('it ends by itself when its home is removed', async (t) => {
  const { home, plane: createPlane } = await makeHome(t);
  const plane = createPlane();
  await plane.start();
  const { pid } = await readStatus(home);
  await plane.close({ keepServing: true });
  await rm(home.folder, { recursive: true });
  const isAlive = () => existsSync(`/proc/${pid}`);
  while (isAlive()) await sleep(50);
});

for (const [name, stop] of Object.entries({
  'is stopped': (pid: number) => process.kill(pid, 'SIGSTOP'),
  'is stopped while its guests ask for blocks': (pid: number, folder: string) => {
    const socket = connect(path.join(folder, 'nbd.sock'));
    socket.on('error', () => {});
    process.kill(pid, 'SIGSTOP');
  },
})) {
  test(`one that ${name} is noticed and replaced; it serves the same`, async (t) => {
    const { home, guest, plane: createPlane } = await makeHome(t);
    const a = await guest(first);
    const pulse = { intervalMs: 200, limitMs: 500, silencesMax: 3 };
    const plane = createPlane('1', { pulse });
    await plane.start();
    await plane.attach(a.folder, attachment(first, [a.root]));
    const { pid } = await readStatus(home);
    stop(pid, a.folder);
    while (existsSync(`/proc/${pid}`)) await sleep(50);
    await plane.attach(a.folder, attachment(first, [a.root]));
    assert.notEqual((await readStatus(home)).pid, pid);
    assert.deepEqual(await readExport(a.folder, a.root), a.content);
  });
}

test('what stands in the place of a guest file is neither followed nor waited for', async (t) => {
  const { createPlane, plane, a, b } = await serveTwo(t);
  await plane.close({ keepServing: false });
  const file = path.join(a.folder, 'guest.json');
  for (const place of [
    () => run('mkfifo', [file]),
    () => symlink('/dev/zero', file),
    () => symlink(path.join(b.folder, 'guest.json'), file),
    () => mkdir(file),
    () => writeFile(file, Buffer.alloc(1024 * 1024, 0x20)),
  ]) {
    await rm(file, { recursive: true, force: true });
    await place();
    const next = createPlane();
    await next.start();
    await assert.rejects(readExport(a.folder, a.root), /Failed to connect/);
    assert.deepEqual(await readExport(b.folder, b.root), b.content);
    await next.close({ keepServing: false });
  }
});

test('where Imago is root it is an unprivileged user without any capability', {
  skip: !identity,
}, async (t) => {
  const { home, plane: createPlane } = await makeHome(t);
  await createPlane().start();
  const { pid } = await readStatus(home);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const ids = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1];
  const { uid, gid } = identity ?? {};
  assert.equal(ids('Uid'), `${uid}\t${uid}\t${uid}\t${uid}`);
  assert.equal(ids('Gid'), `${gid}\t${gid}\t${gid}\t${gid}`);
  assert.equal(ids('Groups')?.trim(), '');
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
    assert.match(ids(set) ?? '', /^0+$/, set);
  }
  assert.equal(ids('NoNewPrivs'), '1');
  assert.equal((await readFile(`/proc/${pid}/environ`)).length, 0);
});
