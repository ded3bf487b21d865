/**
 * PostgreSQL and MariaDB on `debian-12`, in one guest that writes to both without end. Captured
 * through its agent, each copy comes up with no more than the recovery that a consistent point in
 * time needs: every row that was acknowledged before the cut is there, none is torn, no table has
 * to be repaired. Without the agent a capture says that it is crash-consistent. And a freeze ends
 * by itself when both the server and the agent are killed in it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  CreateImageCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  type Image,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { ImagoProcess, launcher } from '../support/imago.ts';
import {
  type Access,
  access,
  launch,
  type Reached,
  reach,
  waitForImage,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';

const captures = Number(process.env.IMAGO_SOAK_POINTS ?? 3);
const guestLimitMs = 900_000;
const connectTimeoutS = 120;
/** Between two rows. */
const pauseS = 0.05;
const type = { InstanceType: 't3.small' } as const;
/** As the guest's fsfreeze-hook has it, and what an emulated guest may be late. */
const freezeLimitS = 30;
const lateS = 20;

const recipe = `name: databases
parent: debian-12
packages: [postgresql, mariadb-server]
files:
  - path: /etc/mysql/mariadb.conf.d/90-small.cnf
    content: |
      [mysqld]
      innodb_buffer_pool_size = 32M
`;

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
let source: Reached;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu' });
  ec2 = imago.ec2();
  login = await access(imago);
  const [made] = await launch(ec2, await databases(), login, 1, type);
  source = await reach(ec2, made, login, guestLimitMs);
  await inGuest(source, 'sudo mkdir -p /run/load && sudo chmod 1777 /run/load');
  await asPostgres(source, 'create table a (n int primary key, t text); create table b (n int)');
  await asMariaDb(source, `create database w; use w; ${tables}`);
  await writing(source);
});
after(async () => {
  await imago?.dispose();
});

/** Made without a machine. */
async function databases(): Promise<string> {
  const file = path.join(imago.home, 'databases.yaml');
  writeFileSync(file, recipe);
  try {
    const words = ['images', 'make', file, '--json', '--home', imago.home];
    const { stdout } = await promisify(execFile)(launcher, words, { timeout: guestLimitMs });
    return JSON.parse(stdout)[0].ImageId;
  } finally {
    rmSync(file);
  }
}

const tables = ['a', 'b']
  .map((name) => `create table ${name} (n int primary key, t text) engine=InnoDB`)
  .concat('create table m (n int primary key, t text) engine=MyISAM')
  .join('; ');

const inGuest = (guest: Reached, command: string, input?: string) =>
  ssh({ ...guest, connectTimeoutS }, command, { timeoutMs: guestLimitMs, input });
const asPostgres = (guest: Reached, sql: string) =>
  inGuest(guest, 'cd / && sudo -u postgres psql -XqAt -v ON_ERROR_STOP=1', sql);
const asMariaDb = (guest: Reached, sql: string) => inGuest(guest, 'sudo mariadb -N -B', sql);

/** Looks within the guest: each login costs an emulated one more than what is looked at. */
const untilInGuest = (guest: Reached, command: string) =>
  inGuest(guest, `cd /; until { ${command}; } >/dev/null 2>&1; do sleep 1; done`);

/**
 * A row in two tables in one transaction, again and again; in MariaDB then one in a table without a
 * log. What was acknowledged last is in /run, which is no part of a capture. Each pauses between
 * rows, within the server as that takes no process: the guest has to get to other things, too.
 */
async function writing(guest: Reached): Promise<void> {
  const postgres = `
n=0
while n=$((n + 1)); do
  echo "begin; insert into a values ($n, repeat(md5($n::text), 50)); insert into b values ($n);"
  echo "commit; select $n from pg_sleep(${pauseS});"
done | sudo -u postgres psql -XqAt -v ON_ERROR_STOP=1 |
  while read -r n; do echo $n >/run/load/postgres; done`;
  const mariadb = `
n=0
while n=$((n + 1)); do
  echo "begin; insert into a values ($n, repeat(md5($n), 50)); insert into b values ($n, 1);"
  echo "commit; insert into m values ($n, repeat(md5($n), 50)); select $n; do sleep(${pauseS});"
done | sudo mariadb -N -B --unbuffered w |
  while read -r n; do echo $n >/run/load/mariadb; done`;
  const ticks = 'while read -r up _ </proc/uptime; do echo $up; sleep 0.05; done >>ticks';
  for (const [name, lines] of Object.entries({ postgres, mariadb, ticks })) {
    await inGuest(guest, `cat >${name}.sh`, `cd ${name === 'ticks' ? '~' : '/'}\n${lines}\n`);
    await inGuest(guest, `setsid sh ~/${name}.sh >/run/load/${name}.log 2>&1 </dev/null &`);
  }
  await untilInGuest(
    guest,
    '[ "$(cat /run/load/postgres)" -gt 20 ] && [ "$(cat /run/load/mariadb)" -gt 20 ]',
  );
}

/** Of PostgreSQL and of MariaDB. */
async function acknowledged(guest: Reached): Promise<[number, number]> {
  const told = await inGuest(guest, 'cat /run/load/postgres /run/load/mariadb');
  const [postgres = 0, mariadb = 0] = told.trim().split('\n').map(Number);
  return [postgres, mariadb];
}

async function captured(name: string): Promise<Image> {
  const asked = { InstanceId: source.id, Name: name, NoReboot: true };
  const { ImageId = '' } = await ec2.send(new CreateImageCommand(asked));
  return waitForImage(ec2, ImageId, 'available', guestLimitMs);
}

const consistencyIn = ({ Tags = [] }: Pick<Image, 'Tags'>) =>
  Tags.find(({ Key }) => Key === 'aws:imago:consistency')?.Value;

async function consistencyOfSnapshots(image: Image): Promise<(string | undefined)[]> {
  const SnapshotIds = image.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.SnapshotId ?? '');
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds }));
  return Snapshots.map(consistencyIn);
}

test(`of ${captures} captures each copy has what was acknowledged, and nothing to repair`, async () => {
  for (let number = 0; number < captures; number++) {
    const least = await acknowledged(source);
    const image = await captured(`capture ${number}`);
    assert.equal(consistencyIn(image), 'application');
    assert.deepEqual(await consistencyOfSnapshots(image), ['application']);
    const most = await acknowledged(source);
    const [made] = await launch(ec2, image.ImageId ?? '', login, 1, type);
    const copy = await reach(ec2, made, login, guestLimitMs);
    await isWholePostgres(copy, least[0], most[0]);
    await isWholeMariaDb(copy, least[1], most[1]);
    console.log(`capture ${number}: ${least} acknowledged before, ${most} after`);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [copy.id] }));
  }
});

async function isWholePostgres(copy: Reached, least: number, most: number): Promise<void> {
  await untilInGuest(copy, 'sudo -u postgres psql -c "select 1"');
  const counts = 'select count(*), max(n) from a union all select count(*), max(n) from b';
  const [a = '', b = ''] = (await asPostgres(copy, counts)).trim().split('\n');
  const [count, last] = a.split('|').map(Number);
  assert.deepEqual([b, count], [a, last], 'both tables have the same rows, none is missing');
  // One more may have been committed than its client had heard of.
  assert.ok(count && count >= least && count <= most + 1, `${count} rows, ${least} to ${most}`);
  await inGuest(
    copy,
    'cd / && sudo -u postgres /usr/lib/postgresql/15/bin/pg_amcheck --heapallindexed -d postgres --install-missing',
  );
  const log = await inGuest(copy, 'sudo cat /var/log/postgresql/*.log');
  const since = log.slice(log.lastIndexOf('starting PostgreSQL'));
  assert.match(since, /automatic recovery in progress[\s\S]*redo done/);
  assert.doesNotMatch(since, /\b(ERROR|PANIC|WARNING):|invalid page|could not/);
  // Connections that came before it was done.
  assert.doesNotMatch(since.replace(/.*FATAL: {2}the database system is .*/g, ''), /FATAL:/);
}

async function isWholeMariaDb(copy: Reached, least: number, most: number): Promise<void> {
  await untilInGuest(copy, 'sudo mariadb -e "select 1"');
  const log = await inGuest(copy, 'sudo journalctl -b -u mariadb --no-pager');
  assert.match(log, /ready for connections/);
  assert.doesNotMatch(log, /\[ERROR\]|marked as crashed|should be repaired|is corrupt/i);
  const counts = 'select count(*), max(n) from w.a union all select count(*), max(n) from w.b';
  const [a = '', b = ''] = (await asMariaDb(copy, counts)).trim().split('\n');
  const [count, last] = a.split('\t').map(Number);
  assert.deepEqual([b, count], [a, last], 'both tables have the same rows, none is missing');
  assert.ok(count && count >= least && count <= most + 1, `${count} rows, ${least} to ${most}`);
  const plain = Number((await asMariaDb(copy, 'select count(*) from w.m')).trim());
  assert.ok(plain === count || plain === count - 1, `${plain} without a log, ${count} with one`);
  const checked = await asMariaDb(copy, 'check table w.a, w.b, w.m extended');
  for (const line of checked.trim().split('\n')) assert.match(line, /\tstatus\tOK$/, checked);
}

test('without the agent a capture is crash-consistent, and its snapshots say so', async () => {
  await inGuest(source, 'sudo systemctl stop qemu-guest-agent');
  const image = await captured('without agent');
  assert.equal(consistencyIn(image), 'crash');
  assert.deepEqual(await consistencyOfSnapshots(image), ['crash']);
  await inGuest(source, 'sudo systemctl start qemu-guest-agent');
});

test('a freeze ends by itself when server and agent are killed in it', async () => {
  // Without them the hooks are in time, however busy the host is. A capture starts none of them,
  // though systemd listens on MariaDB's socket for whoever would connect.
  await inGuest(source, 'sudo systemctl stop postgresql mariadb');
  // Lasts for as long as the test needs to see that it has begun; kills the agent when all is frozen,
  // which is soon after the agent says that it freezes.
  const hook = [
    '#!/bin/sh',
    '[ "$1" = freeze ] && [ ! -e /run/load/done ] || exit 0',
    'touch /run/load/done',
    'setsid sh -c "until [ -e /run/qga.state.isfrozen ]; do sleep 0.2; done; sleep 2; pkill -9 qemu-ga" >/dev/null 2>&1 </dev/null &',
    'sleep 6',
  ].join('\n');
  const place = '/etc/qemu/fsfreeze-hook.d/50-test';
  await inGuest(source, `sudo tee ${place} >/dev/null && sudo chmod 755 ${place}`, `${hook}\n`);
  await inGuest(source, ': >ticks');
  // A server that is killed any earlier takes its request along: QEMU drops what the guest has not
  // read, and nothing is frozen.
  const begun = untilInGuest(source, '[ -e /run/load/done ]');
  const asked = { InstanceId: source.id, Name: 'killed', NoReboot: true };
  const { ImageId = '' } = await ec2.send(new CreateImageCommand(asked));
  await begun;
  await imago.kill();
  await sleep((freezeLimitS + lateS) * 1000);
  const ticks = (await inGuest(source, 'cat ticks')).trim().split('\n').map(Number);
  const gaps = ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? tick));
  const longestS = Math.max(...gaps);
  console.log(`nothing was written for ${longestS.toFixed(1)} s`);
  assert.ok(longestS > freezeLimitS / 2, 'it was frozen');
  assert.ok(longestS < freezeLimitS + lateS, 'it ended');
  await imago.start();
  const image = await waitForImage(ec2, ImageId, 'available', guestLimitMs);
  assert.equal(consistencyIn(image), 'application', 'the step, run again, froze it again');
  const states = await inGuest(source, 'systemctl is-active postgresql mariadb || true');
  assert.deepEqual(
    states.trim().split('\n'),
    ['inactive', 'inactive'],
    'what was stopped stays so',
  );
});
