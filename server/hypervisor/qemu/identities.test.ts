/**
 * Machines of different users, as root: what is one's the other cannot reach, and no link leads
 * Imago out of a machine's tree.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createLayer } from '../../disk/qcow2-create.ts';
import { guestUsers } from '../../foundations/guest-users.ts';
import { socketsFolder } from '../../foundations/home.ts';
import { silentLog } from '../../foundations/log.ts';
import {
  asIdentity,
  guestIdentity,
  guestsHaveIdentities,
  unprivilegedIdentity,
} from '../../foundations/unprivileged.ts';
import type { Hypervisor, MachineSpec } from '../hypervisor.ts';
import { makeMachineFolder, removeMachineFolder } from '../machine-folder.ts';
import { pinned, TestHome } from '../test-machines.ts';
import { createQemuHypervisor } from './qemu-hypervisor.ts';

const shared = unprivilegedIdentity();

test('who is no root has no identities to give', () => {
  assert.equal(guestIdentity(guestUsers.first, undefined), undefined);
  assert.equal(guestIdentity(undefined, { uid: 7, gid: 7 })?.uid, 7);
});

if (guestsHaveIdentities()) describe('machines of different users', differentUsers);

function differentUsers(): void {
  let home: TestHome;
  let hypervisor: Hypervisor;
  const specs: MachineSpec[] = [];

  before(async () => {
    home = await TestHome.create();
    const firmwareFolder = path.join(home.folder, 'firmware');
    const options = { log: silentLog, createLayer, firmwareFolder, identity: shared };
    hypervisor = await createQemuHypervisor(options);
    for (const number of [1, 2]) {
      const owner = guestIdentity(guestUsers.first + number, shared);
      const spec = pinned(await home.machine(`i-00000000000000${number}ab`), hypervisor);
      await makeMachineFolder({ folder: spec.folder, layout: 2, owner, dataPlane: shared });
      specs.push({ ...spec, owner });
      await hypervisor.start({ ...spec, owner });
    }
  });
  after(async () => {
    for (const { instanceId } of specs) await hypervisor.destroy(instanceId).catch(() => {});
    await hypervisor?.close();
    await home?.[Symbol.asyncDispose]();
  });

  /** What happens to a program of the machine's user: an error's code, or `ok`. */
  async function attempt(user: { uid: number; gid: number }, program: string): Promise<string> {
    const [setpriv = '', ...args] = asIdentity(user);
    const code = `
      const done = (error) => { console.log(error?.code ?? 'ok'); process.exit(); };
      ${program}`;
    const { stdout } = await promisify(execFile)(setpriv, [...args, process.execPath, '-e', code]);
    return stdout.trim();
  }

  const connect = (file: string) =>
    `require('net').connect(${JSON.stringify(file)}, () => done()).on('error', done);`;
  const read = (file: string) => `require('fs').open(${JSON.stringify(file)}, 'r', done);`;

  test('the other one opens neither sockets nor layers nor records', async () => {
    const [one, other] = specs;
    assert.ok(one?.owner && other?.owner);
    const sockets = socketsFolder(one.folder, 2);
    const layer = one.disks[0]?.layers[0]?.path ?? '';
    for (const name of ['qmp.sock', 'qga.sock', 'nic.sock', 'console.sock', 'nbd.sock']) {
      assert.equal(await attempt(other.owner, connect(path.join(sockets, name))), 'EACCES', name);
    }
    assert.equal(await attempt(other.owner, read(layer)), 'EACCES');
    assert.equal(await attempt(one.owner, read(layer)), 'ok');
    for (const name of ['machine.json', 'qemu.log', 'console.log']) {
      const file = path.join(one.folder, name);
      assert.equal(
        await attempt(one.owner, `require('fs').open(${JSON.stringify(file)}, 'r+', done);`),
        'EACCES',
        name,
      );
    }
    const planted = path.join(one.folder, 'planted');
    const plant = `require('fs').writeFile(${JSON.stringify(planted)}, '', done);`;
    assert.equal(await attempt(one.owner, plant), 'EACCES');
  });

  test('the data plane reaches the sockets that are its, by its group, and cuts QEMU’s log', async () => {
    const [one] = specs;
    assert.ok(one && shared);
    const sockets = socketsFolder(one.folder, 2);
    assert.equal((await stat(path.join(sockets, 'nic.sock'))).gid, shared.gid);
    assert.equal((await stat(path.join(one.folder, 'qemu.log'))).uid, shared.uid);
    assert.equal(await attempt(shared, connect(path.join(sockets, 'nic.sock'))), 'ok');
  });

  test('a pivot gives the new layer to the user of its machine', async () => {
    const [one] = specs;
    assert.ok(one?.owner);
    const { volumeId, sizeBytes } = one.disks[0] ?? { volumeId: '', sizeBytes: 0 };
    const layer = home.layer(volumeId, 2);
    await hypervisor.pivot(one.instanceId, [{ volumeId, layer, sizeBytes }], { freeze: false });
    assert.equal((await lstat(layer.path)).uid, one.owner.uid);
  });

  test('QEMU is its user through and through', async () => {
    for (const { instanceId, folder, owner } of specs) {
      const { pid } = await hypervisor.adopt(instanceId, folder);
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      const uid = owner?.uid;
      assert.match(status, new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'));
    }
  });

  test('what it lays in the place of a socket keeps nobody from ending it, nor from starting it again', async () => {
    const [, other] = specs;
    assert.ok(other?.owner);
    const sockets = socketsFolder(other.folder, 2);
    for (const name of ['nic.sock', 'nbd.sock']) {
      const socket = path.join(sockets, name);
      const replace = `
        const fs = require('fs');
        fs.unlinkSync(${JSON.stringify(socket)});
        fs.mkdirSync(${JSON.stringify(`${socket}/deep`)}, { recursive: true });
        fs.writeFileSync(${JSON.stringify(`${socket}/deep/file`)}, '');
        fs.chmodSync(${JSON.stringify(`${socket}/deep`)}, 0);
        fs.chmod(${JSON.stringify(socket)}, 0, done);`;
      assert.equal(await attempt(other.owner, replace), 'ok');
    }
    await hypervisor.destroy(other.instanceId);
    assert.equal((await hypervisor.adopt(other.instanceId, other.folder)).status, 'absent');
    for (const name of ['nic.sock', 'nbd.sock']) {
      await assert.rejects(lstat(path.join(sockets, name)), { code: 'ENOENT' });
    }
    await home.serve(other.folder);
    const { status } = await hypervisor.start(other);
    assert.equal(status, 'running');
    await hypervisor.destroy(other.instanceId);
    await removeMachineFolder(other.folder);
  });

  test('a folder of layout 1 becomes one of layout 2, and what its user laid into it is not followed', async () => {
    const folder = home.machineFolder('i-00000000000000dab');
    const owner = guestIdentity(guestUsers.first + 4, shared);
    await makeMachineFolder({ folder, layout: 1, owner: shared });
    const precious = path.join(home.folder, 'not-to-be-given');
    await mkdir(precious);
    await symlink(precious, socketsFolder(folder, 2));
    const made = makeMachineFolder({ folder, layout: 2, owner, dataPlane: shared });
    await assert.rejects(made, /is not a folder/);
    assert.equal((await stat(precious)).uid, 0);
    await unlink(socketsFolder(folder, 2));
    await makeMachineFolder({ folder, layout: 2, owner, dataPlane: shared });
    assert.equal((await stat(folder)).uid, 0);
    assert.equal((await stat(socketsFolder(folder, 2))).uid, owner?.uid);
    await removeMachineFolder(folder);
  });

  test('what it leaves is removed as itself: no link leads out of its folder', async () => {
    const folder = home.machineFolder('i-00000000000000cab');
    const owner = guestIdentity(guestUsers.first + 3, shared);
    assert.ok(owner);
    await makeMachineFolder({ folder, layout: 2, owner, dataPlane: shared });
    const precious = path.join(home.folder, 'precious');
    await mkdir(precious, { mode: 0o777 });
    await chmod(precious, 0o777);
    await writeFile(path.join(precious, 'kept'), '');
    const sockets = socketsFolder(folder, 2);
    await mkdir(path.join(sockets, 'deep/deeper'), { recursive: true });
    await symlink(precious, path.join(sockets, 'deep/link'));
    for (const name of ['deep', 'deep/deeper', 'deep/link']) {
      await lchown(path.join(sockets, name), owner.uid, owner.gid);
    }
    await writeFile(path.join(folder, 'console.log'), '');
    for (const closed of [path.join(sockets, 'deep/deeper'), sockets]) await chmod(closed, 0);
    await removeMachineFolder(folder);
    await removeMachineFolder(folder);
    assert.deepEqual(await readdir(precious), ['kept']);
    await assert.rejects(lstat(folder), { code: 'ENOENT' });
  });
}
