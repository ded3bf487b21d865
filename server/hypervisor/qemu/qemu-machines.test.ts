/**
 * What the port does not promise but QEMU's implementation does, of processes, ports and folders:
 * looked at from the outside, in real machines.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createLayer } from '../../disk/qcow2-create.ts';
import { socketsFolder } from '../../foundations/home.ts';
import type { Hypervisor, MachineSpec, MachineStatus } from '../hypervisor.ts';
import { removeMachineFolder } from '../machine-folder.ts';
import { diskSizeBytes, eventually, guests, pinned, type TestHome } from '../test-machines.ts';
import { commandLine } from './command-line.ts';
import { spawnProcess } from './process.ts';
import { identity, TestQemu, volumeOf } from './test-qemu.ts';

describe('machines in QEMU', () => {
  let machines: TestQemu;
  let home: TestHome;
  let hypervisor: Hypervisor;

  before(async () => {
    machines = await TestQemu.create();
    ({ home, hypervisor } = machines);
  });
  after(() => machines?.[Symbol.asyncDispose]());

  test('QEMU runs sandboxed, in a session of its own, and unprivileged where Imago is root', async () => {
    const spec = await machines.specOf();
    const pid = await machines.start(spec);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => status.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))?.[1];
    assert.equal(field('Seccomp'), '2');
    assert.equal(field('NoNewPrivs'), '1');
    const session = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[3];
    assert.equal(Number(session), pid);
    if (identity) {
      const { uid, gid } = identity;
      assert.equal(field('Uid'), [uid, uid, uid, uid].join('\t'));
      assert.equal(field('Gid'), [gid, gid, gid, gid].join('\t'));
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
        assert.equal(field(set), '0'.repeat(16), set);
      }
    }
    const sockets = socketsFolder(spec.folder, spec.layout);
    const { mode } = await stat(sockets);
    assert.equal(mode & 0o007, 0, 'only its user and the data plane reach the sockets');
    if (identity) assert.equal((await stat(path.join(sockets, 'qmp.sock'))).mode & 0o777, 0o770);
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    assert.doesNotMatch(environment, /HOME=|AWS_/);
    await machines.stop(spec);
  });

  test('cores, threads and share of the host’s processors are as it is told', async () => {
    const spec = { ...(await machines.specOf()), vcpus: 4, threadsPerCore: 2 };
    const pid = await machines.start({ ...spec, cpuShare: 'yielding' });
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    const processors = words[words.indexOf('-smp') + 1];
    assert.equal(processors, '4,maxcpus=4,sockets=1,cores=2,threads=2');
    const niceness = async () => {
      const threads = await readdir(`/proc/${pid}/task`);
      return new Set(threads.map((thread) => os.getPriority(Number(thread)) - os.getPriority()));
    };
    await eventually(async () => (await niceness()).size === 1);
    assert.deepEqual(await niceness(), new Set([5]));
    await hypervisor.setCpuShare(spec.instanceId, 'full');
    if (identity) assert.deepEqual(await niceness(), new Set([0]));
    await machines.stop(spec);
  });

  test('ports are opened while it runs; one that is taken or not permitted is another', async () => {
    const spec = await machines.specOf();
    const hostIp = '127.83.7.2';
    const forward = (hostPort: number, guestPort = hostPort) =>
      ({ protocol: 'tcp', hostIp, hostPort, guestPort }) as const;
    const other = createServer().listen(20_022, hostIp);
    await once(other, 'listening');
    await machines.start({ ...spec, network: { ...spec.network, forwards: [forward(22)] } });
    const openPorts = async (ports: number[]) => {
      const tried = await Promise.all(ports.map((port) => isTaken(port, hostIp)));
      return ports.filter((_, index) => tried[index]);
    };
    const all = [22, 10_022, 10_080, 20_080, 20_443];
    assert.deepEqual(await openPorts(all), [10_022]);
    const wanted = [forward(22), forward(20_080, 80), forward(10_022)];
    const opened = await hypervisor.setForwards(spec.instanceId, wanted);
    // 10022 is where 22 has been since the start: a session by it is not cut off.
    const hostPorts = opened.map(({ hostPort }) => hostPort);
    assert.deepEqual(hostPorts.slice(0, 2), [10_022, 20_080]);
    assert.ok((hostPorts[2] ?? 0) >= 32_768, 'its own and 20022 are taken');
    assert.deepEqual(await hypervisor.setForwards(spec.instanceId, wanted), opened);

    const [anywhere] = await hypervisor.setForwards(spec.instanceId, [forward(0, 443)]);
    assert.ok(anywhere && anywhere.hostPort >= 32_768);
    assert.deepEqual(await openPorts([...all, anywhere.hostPort]), [anywhere.hostPort]);
    other.close();
    await machines.stop(spec);
    assert.deepEqual(await openPorts([...all, anywhere.hostPort]), []);
  });

  test('a machine that a killed start left held back begins when it is found, and gets its ports', async () => {
    const spec = await machines.specOf();
    const { folder, instanceId } = spec;
    if (identity) {
      await chown(home.layer(volumeOf(spec), 1).path, identity.uid, identity.gid);
    }
    machines.running.add(instanceId);
    const { layout, owner } = spec;
    const argv = commandLine(spec);
    spawnProcess({ binary: 'qemu-system-x86_64', argv, folder, layout, owner });
    assert.equal((await hypervisor.adopt(instanceId, folder)).status, 'running');
    await eventually(async () => (await hypervisor.consoleOutput(folder, 100)).length > 0);
    const hostIp = '127.83.7.3';
    const forward = { protocol: 'tcp', hostIp, hostPort: 20_080, guestPort: 80 } as const;
    await hypervisor.start({ ...spec, network: { ...spec.network, forwards: [forward] } });
    assert.ok(await isTaken(20_080, hostIp));
    await machines.stop(spec);
  });

  test('a machine outlives the kill of who started it, is found again, and its end is told', async () => {
    const spec = await machines.specOf();
    machines.running.add(spec.instanceId);
    const starter = spawn(process.execPath, ['--input-type=module', '-e', starterProgram(spec)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(starter.stdout, 'data');
    const pid = Number(String(line));
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    const machine = await hypervisor.adopt(spec.instanceId, spec.folder);
    assert.deepEqual(machine, { instanceId: spec.instanceId, status: 'running', pid });
    assert.equal((await hypervisor.start(spec)).pid, pid);
    const changes: MachineStatus[] = [];
    hypervisor.onChange((id, status) => {
      if (id === spec.instanceId) changes.push(status);
    });
    process.kill(pid, 'SIGKILL');
    await eventually(() => changes.length > 0);
    assert.deepEqual(changes, ['absent']);
    await machines.stop(spec);
  });

  test('a machine is found without its record, and a record that is not true is not believed', async () => {
    const spec = await machines.specOf();
    const pid = await machines.start(spec);
    const record = path.join(spec.folder, 'machine.json');
    const kept = JSON.parse(await readFile(record, 'utf8'));
    await hypervisor.close();
    await rm(record);
    assert.equal((await hypervisor.adopt(spec.instanceId, spec.folder)).pid, pid);
    await machines.stop(spec);

    // Pids are used again: this process has the pid and is no machine.
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
    for (const forged of [
      { ...kept, pid: bystander.pid },
      { ...kept, pid: bystander.pid, startTicks: await startTicks(bystander.pid ?? 0) },
      // A thread of the kernel, where it is seen: it has no command line, as a process that execs.
      { ...kept, pid: 2, startTicks: (await startTicks(2).catch(() => '')) ?? '' },
    ]) {
      await writeFile(record, JSON.stringify(forged));
      assert.equal((await hypervisor.adopt(spec.instanceId, spec.folder)).status, 'absent');
      await hypervisor.destroy(spec.instanceId);
      assert.equal(bystander.exitCode ?? bystander.signalCode, null);
    }
    bystander.kill();
  });

  test('a machine of an older Imago is found in its one folder, and goes on as it was', async () => {
    const made = await home.machine('i-000000000000001a1', guests.counting, 1);
    const spec = { ...pinned(made, hypervisor), firmware: 'uefi' as const };
    const pid = await machines.start({ ...spec, firmware: 'bios' });
    assert.deepEqual((await readdir(spec.folder)).includes('machine'), false);
    // Older records say nothing of a layout.
    const record = path.join(spec.folder, 'machine.json');
    const { layout: _, ...old } = JSON.parse(await readFile(record, 'utf8'));
    await writeFile(record, JSON.stringify(old));
    await hypervisor.close();
    const found = await hypervisor.adopt(spec.instanceId, spec.folder);
    assert.deepEqual(found, { instanceId: spec.instanceId, status: 'running', pid });
    const volumeId = volumeOf(spec);
    const layer = home.layer(volumeId, 2);
    const request = { volumeId, layer, sizeBytes: diskSizeBytes };
    await hypervisor.pivot(spec.instanceId, [request], { freeze: false });
    assert.deepEqual(await hypervisor.layersOf(spec.instanceId, volumeId), [1, 2]);
    await machines.stop(spec);
    const [disk] = spec.disks;
    assert.ok(disk);
    const disks = [{ ...disk, layers: [...disk.layers, layer] }];
    await machines.start({ ...spec, disks });
    const variables = await stat(path.join(spec.folder, 'uefi-vars.fd'));
    assert.equal(variables.size, 528 * 1024);
    await machines.stop(spec);
    await removeMachineFolder(spec.folder);
    await assert.rejects(stat(spec.folder), { code: 'ENOENT' });
  });

  test('a machine of layout 2 goes on as it was, without the pointer that new ones have', async () => {
    const hasPointer = async (pid: number) =>
      (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('virtio-tablet');
    const made = await home.machine('i-000000000000001a2', guests.counting, 2);
    const old = pinned(made, hypervisor);
    const pid = await machines.start(old);
    assert.equal(await hasPointer(pid), false);
    await hypervisor.close();
    const found = await hypervisor.adopt(old.instanceId, old.folder);
    assert.deepEqual(found, { instanceId: old.instanceId, status: 'running', pid });
    assert.match(
      String((await once(await hypervisor.openScreen(old.instanceId), 'data'))[0]),
      /^RFB/,
    );
    await machines.stop(old);
    assert.equal(await hasPointer(await machines.start(old)), false);
    await machines.stop(old);
    const spec = await machines.specOf();
    assert.equal(await hasPointer(await machines.start(spec)), true);
    await machines.stop(spec);
  });

  test('a machine that does not start says why and leaves nothing running', async () => {
    const spec = await machines.specOf();
    await rm(home.layer(volumeOf(spec), 1).path);
    await createLayer(home.layer(volumeOf(spec), 1).path, diskSizeBytes);
    await writeFile(home.layer(volumeOf(spec), 1).path, 'not qcow2');
    await assert.rejects(hypervisor.start(spec), /did not start.*not in qcow2 format/s);
    assert.equal(await hypervisor.status(spec.instanceId), 'absent');
    assert.ok(!(await readdir(spec.folder)).includes('machine.json'));
  });

  test('UEFI variables belong to the machine and are kept', async () => {
    const spec: MachineSpec = { ...(await machines.specOf()), firmware: 'uefi' };
    await machines.start(spec);
    const variables = path.join(socketsFolder(spec.folder, 2), 'uefi-vars.qcow2');
    const { ino } = await stat(variables);
    await machines.stop(spec);
    await machines.start(spec);
    assert.equal((await stat(variables)).ino, ino);
    await machines.stop(spec);
  });

  test('start does not follow links that the machine has laid into its folder', async () => {
    const spec = await machines.specOf();
    const secret = path.join(home.folder, 'secret');
    await writeFile(secret, 'secret');
    await chmod(secret, 0o600);
    await symlink(secret, path.join(spec.folder, 'console.old'));
    assert.equal((await hypervisor.consoleOutput(spec.folder, 100)).length, 0);
    await symlink(secret, path.join(spec.folder, 'qemu.log'));
    await machines.start(spec);
    assert.equal(await readFile(secret, 'utf8'), 'secret');
    await machines.stop(spec);
  });
});

function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'));
    server.listen(port, host, () => server.close(() => resolve(false)));
  });
}

async function startTicks(pid: number): Promise<string | undefined> {
  return (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[19];
}

/** A process that starts the machine, prints its pid and stays. */
function starterProgram(spec: MachineSpec): string {
  const module = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  return `
    import { createQemuHypervisor } from ${module('./qemu-hypervisor.ts')};
    import { createLayer } from ${module('../../disk/qcow2-create.ts')};
    import { silentLog } from ${module('../../foundations/log.ts')};
    const identity = ${JSON.stringify(identity)};
    const hypervisor = await createQemuHypervisor({ log: silentLog, createLayer, identity, firmwareFolder: '/' });
    console.log((await hypervisor.start(${JSON.stringify(spec)})).pid);
    setInterval(() => {}, 1000);
  `;
}
