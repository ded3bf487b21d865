/**
 * PostgreSQL under load in a real guest, its data on one volume and its write-ahead log on another:
 * of ten cuts of both, made while it runs, each is a database that recovers, with every transaction
 * that was committed before the cut and its books in balance.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, type Reached, reach } from '../support/launch.ts';
import {
  asRoot,
  byCreateImage,
  byCreateSnapshots,
  mount,
  type Pair,
  withLogAndData,
} from '../support/log-and-data.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';
import { attachVolume, detachVolume, newVolume } from '../support/volumes.ts';

const cuts = Number(process.env.IMAGO_SOAK_POINTS ?? 10);
const guestLimitMs = 600_000;
/** Of this host, in the guest below /pg: it finds its own files from where it is. */
const [bin = ''] = globSync('/usr/lib/postgresql/*/bin');
const programs = ['postgres', 'initdb', 'pg_ctl', 'psql', 'pgbench'].map(
  (name) => `${bin}/${name}`,
);
const variables =
  'export TZ=GMT PGHOST=/tmp LD_LIBRARY_PATH=/pg/usr/lib/x86_64-linux-gnu:/pg/lib/x86_64-linux-gnu';

let imago: ImagoProcess;
let ec2: EC2Client;
let writer: Reached;
let reader: Reached;
let source: Pair;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  const login = await access(imago);
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const more = { InstanceType: 't3.small' } as const;
  const launched = await launch(ec2, ImageId, login, 2, more);
  const guests = await Promise.all(launched.map((each) => reach(ec2, each, login)));
  [writer, reader] = guests as [Reached, Reached];
  const archive = postgres();
  for (const guest of guests) {
    const unpack = 'sudo sh -c "mkdir -p /pg && tar -xz -C /pg"';
    await ssh(guest, unpack, { input: archive, timeoutMs: guestLimitMs });
  }
  source = await withLogAndData(ec2, writer, { Size: 2 });
  await asRoot(writer, 'chown admin /log /data');
  const init = '-D /data/pg -X /log/pg --no-locale -E UTF8 -k -A trust';
  await inGuest(writer, `/pg${bin}/initdb ${init}`);
  await started(writer, 'max_wal_size=64MB checkpoint_timeout=30s bgwriter_delay=10ms');
  await inGuest(writer, `/pg${bin}/pgbench -i -q -s 2 postgres`);
  const load = `/pg${bin}/pgbench -n -c 4 -T 100000 postgres`;
  await ssh(writer, `sh -c '${variables}; ${load}' >/dev/null 2>&1 </dev/null &`);
  await until('the first transactions', async () => (await committed(writer)) > 10);
});
after(async () => {
  await imago?.dispose();
});

/** The programs, what they load, and what they read, but for the C library, which the guest has. */
function postgres(): Buffer {
  const loaded = execFileSync('ldd', programs, { encoding: 'utf8' })
    .split('\n')
    .map((line) => /=> (\/\S+)/.exec(line)?.[1] ?? '')
    .filter((file) => file !== '' && !/\/(libc|libm|libpthread|libdl|librt)\.so/.test(file));
  const modules = ['plpgsql', 'dict_snowball'].map((name) => bin.replace(/bin$/, `lib/${name}.so`));
  const [share = ''] = globSync('/usr/share/postgresql/*/postgres.bki');
  const files = [...programs, ...new Set(loaded), ...modules, share.replace(/\/[^/]*$/, '')];
  const args = ['-czhf', '-', '--exclude=man', '-C', '/', ...files.map((file) => file.slice(1))];
  return execFileSync('tar', args, { maxBuffer: 256 * 1024 * 1024 });
}

function inGuest(guest: Reached, command: string): Promise<string> {
  return ssh(guest, `${variables}; ${command}`, { timeoutMs: guestLimitMs });
}

async function started(guest: Reached, settings = ''): Promise<void> {
  const all = `unix_socket_directories=/tmp listen_addresses= shared_buffers=32MB ${settings}`;
  const options = all.trim().replace(/(^| )(?=\S)/g, ' -c ');
  const start = `-D /data/pg -l /tmp/pg.log -w -t 300 -o "${options.trim()}" start`;
  await inGuest(guest, `/pg${bin}/pg_ctl ${start} || { cat /tmp/pg.log >&2; false; }`);
}

const query = (guest: Reached, sql: string) =>
  inGuest(guest, `/pg${bin}/psql -XqAt -d postgres -c "${sql}"`);

const committed = async (guest: Reached) =>
  Number(await query(guest, 'select count(*) from pgbench_history'));

/** Each of the four is the sum of all that was ever transferred. */
const books = ['accounts:abalance', 'tellers:tbalance', 'branches:bbalance', 'history:delta']
  .map((each) => each.split(':'))
  .map(([table, column]) => `select sum(${column}) from pgbench_${table}`)
  .join(' union all ');

async function isWhole(cut: Pair, least: number, most: number): Promise<void> {
  const copy: Pair = { log: '', data: '' };
  for (const [name, place] of [
    ['log', '/dev/sdf'],
    ['data', '/dev/sdg'],
  ] as const) {
    copy[name] = await newVolume(ec2, { SnapshotId: cut[name] });
    await attachVolume(ec2, copy[name], reader.id, place);
    await mount(reader, copy[name], `/${name}`);
  }
  // Of a process of another machine.
  await asRoot(reader, 'rm -f /data/pg/postmaster.pid');
  await started(reader);
  const count = await committed(reader);
  assert.ok(count >= least && count <= most, `${count} transactions, ${least} to ${most}`);
  const sums = new Set((await query(reader, books)).trim().split('\n'));
  assert.equal(sums.size, 1, [...sums].join());
  assert.match(await ssh(reader, 'cat /tmp/pg.log'), /automatic recovery in progress/);
  await inGuest(reader, `/pg${bin}/pg_ctl -D /data/pg -m fast -w stop && rm /tmp/pg.log`);
  await asRoot(reader, 'umount /log /data');
  for (const volumeId of [copy.log, copy.data]) await detachVolume(ec2, volumeId);
}

test(`of ${cuts} cuts each is a database with all that was committed`, async () => {
  for (let cut = 0; cut < cuts; cut++) {
    const least = await committed(writer);
    const pair =
      cut % 2 === 0
        ? await byCreateSnapshots(ec2, writer, source)
        : await byCreateImage(ec2, writer, `cut ${cut}`);
    await isWhole(pair, least, await committed(writer));
  }
  const all = await committed(writer);
  console.log(`${cuts} cuts, ${all} transactions of a database that runs`);
  assert.ok(all > 0);
});
