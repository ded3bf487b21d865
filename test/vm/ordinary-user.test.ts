/**
 * No root needed: an ordinary user, made for this test where it runs as root, builds `micro`,
 * launches it, captures it, launches the copy and reads its console. Ports below 1024 become 10000
 * higher for such a user.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  CreateImageCommand,
  GetConsoleOutputCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { ImagoProcess, newHome, processesOf, repository } from '../support/imago.ts';
import {
  access,
  launch,
  providerImage,
  target,
  waitForImage,
  waitForState,
} from '../support/launch.ts';
import { ssh, waitForSsh } from '../support/ssh.ts';

const run = promisify(execFile);
const userName = 'imago-test';
const isRoot = process.getuid?.() === 0;

let imago: ImagoProcess;
let checkout = repository;
let user: { uid: number; gid: number } | undefined;

before(async () => {
  const home = newHome();
  if (isRoot) {
    user = makeUser();
    checkout = copyOfCheckout();
    chownSync(home, user.uid, user.gid);
  }
  imago = await ImagoProcess.start({
    hypervisor: 'qemu',
    home,
    user,
    launcher: path.join(checkout, 'bin/imago'),
    environment: { HOME: home },
  });
});
after(async () => {
  await imago?.dispose();
  if (!isRoot) return;
  if (checkout !== repository) rmSync(path.dirname(checkout), { recursive: true, force: true });
  execFileSync('userdel', [userName], { stdio: 'ignore' });
});

test('build, launch, capture, launch the copy, console', async () => {
  await run(path.join(checkout, 'bin/imago'), ['images', 'build', 'micro', '--home', imago.home], {
    ...user,
    env: { ...process.env, HOME: imago.home },
  });
  const ec2 = imago.ec2();
  const login = await access(imago);
  const source = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, source.ImageId ?? '', login);
  const first = await waitForState(ec2, launched?.InstanceId ?? '', 'running');
  const machine = await target(first, login);
  await waitForSsh(machine, 90_000);
  for (const pid of processesOf(imago.home)) assert.notEqual(effectiveUser(pid), 0);
  await ssh(machine, 'sudo sh -c "echo changed >/etc/demo.conf"');

  const created = await ec2.send(
    new CreateImageCommand({ InstanceId: first.InstanceId, Name: 'mine', NoReboot: true }),
  );
  const image = await waitForImage(ec2, created.ImageId ?? '', 'available');
  const [copy] = await launch(ec2, image.ImageId ?? '', login);
  const second = await waitForState(ec2, copy?.InstanceId ?? '', 'running');
  const copied = await target(second, login);
  await waitForSsh(copied, 90_000);
  assert.equal(await ssh(copied, 'cat /etc/demo.conf'), 'changed\n');

  const console = await ec2.send(new GetConsoleOutputCommand({ InstanceId: second.InstanceId }));
  assert.match(Buffer.from(console.Output ?? '', 'base64').toString(), /imago-micro: .* is up/);
  const ids = [first, second].map((instance) => instance.InstanceId ?? '');
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  for (const id of ids) await waitForState(ec2, id, 'terminated');
});

function makeUser(): { uid: number; gid: number } {
  try {
    execFileSync('userdel', [userName], { stdio: 'ignore' });
  } catch {
    // It was not left over.
  }
  execFileSync('useradd', ['--no-create-home', '--shell', '/usr/sbin/nologin', userName]);
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, userName], { encoding: 'utf8' }).trim());
  return { uid: id('-u'), gid: id('-g') };
}

/**
 * The checkout may lie where only root can go (a home directory): the user gets a copy of what
 * runs.
 */
function copyOfCheckout(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'im-user-'));
  chmodSync(folder, 0o755);
  const copy = path.join(folder, 'imago');
  const left = new Set(['.git', '@aws-sdk', '@biomejs', 'typescript', '@typescript']);
  cpSync(repository, copy, {
    recursive: true,
    filter: (file) => !left.has(path.basename(file)),
  });
  return copy;
}

function effectiveUser(pid: number): number {
  return Number(/^Uid:\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
