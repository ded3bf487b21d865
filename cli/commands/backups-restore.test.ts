/**
 * `imago backups restore` and `files`, as a person types them: bin/imago as a process of its own,
 * against a server whose machines are simulated.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { image, rootDisk, snapshot } from '../../server/catalog/test-rows.ts';
import { BufferDisk, changed, makeFileSystem } from '../../server/contents/test-file-systems.ts';
import { uploadDisk } from '../../server/disk/upload-layers.ts';
import type { Home } from '../../server/foundations/home.ts';
import type { RunningServer } from '../../server/main.ts';
import type { Client } from '../client.ts';
import { connect } from '../context.ts';
import { instanceIn, until } from './test-burning-imago.ts';
import { commandContext, newHome, serveSimulated } from './test-command.ts';

const run = promisify(execFile);
const launcher = path.resolve(import.meta.dirname, '../../bin/imago');
const golden = 'ami-0123456789abcdef0';
const address = '172.31.7.78';

let home: Home;
let server: RunningServer;
let client: Client;
/** A machine with a data disk, and an image of it. */
let machine: string;
let backup: string;
before(async () => {
  home = await newHome();
  const system = { 'etc/os-release': 'ID=debian\n', 'etc/nginx/nginx.conf': 'user www;\n' };
  // As that of a machine which nobody asked to hold still.
  const used = await changed(await makeFileSystem(system), 'feature needs_recovery');
  const store = await FsBlockStore.open(home.blocksFolder);
  const { root } = await uploadDisk({ store, disk: new BufferDisk(used, 1024 ** 3) });
  await store.close();
  const catalog = await openSqliteCatalog(home.catalogFile);
  await catalog.write(async ({ images, snapshots }) => {
    await snapshots.insert(snapshot('snap-0123456789abcdef0', { volumeSizeGiB: 1, root }));
    const blockDeviceMappings = rootDisk(1, 'snap-0123456789abcdef0');
    await images.insert(image(golden, { launchPermissions: ['all'], blockDeviceMappings }));
  });
  await catalog.close();
  server = await serveSimulated(home);
  client = connect(commandContext(home).context);
  await client.ec2('CreateKeyPair', { KeyName: 'first' });
  const { Instances: [made] = [] } = await client.ec2('RunInstances', {
    ...{ ImageId: golden, MinCount: 1, MaxCount: 1, InstanceType: 't3.micro', KeyName: 'first' },
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 2 } }],
    TagSpecifications: [
      {
        ResourceType: 'instance',
        Tags: [
          { Key: 'Name', Value: 'web' },
          { Key: 'stage', Value: 'live' },
        ],
      },
    ],
    UserData: base64('its own'),
  });
  machine = made?.InstanceId ?? '';
  await instanceIn(client, machine, 'running');
  const order = { InstanceId: machine, Name: 'backup', NoReboot: true };
  backup = (await client.ec2('CreateImage', order)).ImageId ?? '';
  await until('the backup', async () => {
    const { Images = [] } = await client.ec2('DescribeImages', { ImageIds: [backup] });
    return Images[0]?.State === 'available';
  });
});
after(async () => {
  await server?.close();
  rmSync(home.folder, { recursive: true });
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** `imago backups …`, in a zone that is not UTC. */
async function imago(...words: string[]): Promise<Ended> {
  const env = { ...process.env, TZ: 'Asia/Tokyo', NO_COLOR: '1' };
  const all = ['backups', ...words, '--home', home.folder];
  try {
    return { code: 0, ...(await run(launcher, all, { env })) };
  } catch (error) {
    return error as Ended;
  }
}

async function restored(...words: string[]): Promise<Ended & { id: string }> {
  const ended = await imago('restore', ...words);
  assert.equal(ended.code, 0, ended.stderr);
  const [id = ''] = /^i-[0-9a-f]{17}/.exec(ended.stdout) ?? [];
  assert.notEqual(id, '', ended.stdout);
  return { ...ended, id };
}

async function userDataOf(InstanceId: string): Promise<string> {
  const asked = { InstanceId, Attribute: 'userData' } as const;
  const { UserData } = await client.ec2('DescribeInstanceAttribute', asked);
  return Buffer.from(UserData?.Value ?? '', 'base64').toString();
}

const instances = async () => {
  const { Reservations = [] } = await client.ec2('DescribeInstances', {});
  return Reservations.flatMap(({ Instances = [] }) => Instances.map((each) => each.InstanceId));
};

test('a list is by source, in 80 columns; a long one has all of each in one line', async () => {
  const { stdout } = await imago('list');
  const [header = '', source = '', first = ''] = stdout.split('\n');
  assert.match(header, /^BACKUP +TAKEN +STATE +CONSISTENT +DRILL$/);
  assert.equal(source, `${machine} (web)`);
  assert.match(first, new RegExp(`^${backup} +20.{17}Z +available +application`));
  assert.ok(stdout.split('\n').every((line) => line.length <= 80));
  const long = await imago('list', machine, '--long');
  assert.match(long.stdout, new RegExp(`\n${machine} +web +${backup} .*available +hand +app`));
});

test('policies that forget are listed with what they keep; a command that is none leads to the help of its group', async () => {
  const rules = ['--keep-daily', '7', '--keep-within-weekly', '3m', '--keep-tag', 'a=b'];
  await imago(
    'policies',
    'put',
    'thin',
    '--tag',
    'backup=nightly',
    '--cron',
    '0 3 * * ? *',
    ...rules,
  );
  const { stdout } = await imago('policies', 'list');
  const [header = '', heading = '', thin = ''] = stdout.split('\n');
  assert.match(header, /^NEXT +LAST +KEEPS$/);
  assert.equal(heading, 'thin, of backup=nightly');
  assert.match(thin, /^20.{9}18:00Z +daily 7, within-weekly 3m, tag a=b$/);
  const words = ['forget', machine, '--policy', 'thin', '--dry-run', '--json'];
  const foretold = await imago(...words);
  assert.equal(
    foretold.stderr,
    `thin is not for ${machine}: by itself it removes nothing of it.\n`,
  );
  assert.equal(JSON.parse(foretold.stdout).length, 1);
  const { code, stderr } = await imago('policies', 'remove', 'thin');
  assert.deepEqual([code, /See `(.*)`/.exec(stderr)?.[1]], [2, 'imago backups policies --help']);
  assert.equal((await imago('policies', 'delete', 'thin')).code, 0);
});

test('what it is to have otherwise, it has, and is told; all else is as it was', async () => {
  await client.ec2('CreateKeyPair', { KeyName: 'second' });
  const groups: string[] = [];
  for (const GroupName of ['one', 'two']) {
    const made = await client.ec2('CreateSecurityGroup', { GroupName, Description: 'x' });
    groups.push(made.GroupId ?? '');
  }
  const { Subnets: [subnet] = [] } = await client.ec2('DescribeSubnets', {});
  const file = path.join(home.folder, 'user-data');
  writeFileSync(file, 'another');
  const { id, stdout } = await restored(
    ...[backup, '--type', 't3.small', '--key', 'second', '--subnet', subnet?.SubnetId ?? ''],
    ...['--address', address, '--name', 'rehearsal', '--user-data', file],
    ...['--group', ...groups, '--without', '/dev/sdf'],
  );
  const is = await instanceIn(client, id, 'running');
  assert.deepEqual(
    [is.InstanceType, is.KeyName, is.SubnetId, is.PrivateIpAddress],
    ['t3.small', 'second', subnet?.SubnetId, address],
  );
  assert.deepEqual(is.SecurityGroups?.map(({ GroupId }) => GroupId).sort(), groups.sort());
  assert.deepEqual(is.Tags?.map(({ Key, Value }) => [Key, Value]).sort(), [
    ['Name', 'rehearsal'],
    ['stage', 'live'],
  ]);
  assert.deepEqual(
    is.BlockDeviceMappings?.map(({ DeviceName }) => DeviceName),
    ['/dev/xvda'],
  );
  assert.equal(await userDataOf(id), 'another');
  for (const row of [
    /^InstanceType +t3.micro +t3.small +it was asked for$/m,
    /^KeyName +first +second +it was asked for$/m,
    /^SecurityGroups? .* it was asked for$/m,
    /^PrivateIpAddress +[\d.]+ +172.31.7.78 +it was asked for$/m,
    /^UserData +what it had +another +it was asked for$/m,
    /^BlockDeviceMappings +\/dev\/sdf: vol-\w+ of 2 GiB +none +it was asked for$/m,
    /^Tags +Name web +Name rehearsal +it was asked for$/m,
  ]) {
    assert.match(stdout, row);
  }
});

test('without options it is as it was, of the last backup too, and a preview does nothing', async () => {
  const before = await instances();
  const preview = await imago('restore', '--instance', machine, '--preview');
  assert.match(preview.stdout, new RegExp(`^Nothing is done. It would be restored of ${backup}.`));
  // The machine is there, and has its address.
  assert.match(
    preview.stdout,
    /^PrivateIpAddress +[\d.]+ +a new one +Address [\d.]+ is in use\.$/m,
  );
  assert.deepEqual(await instances(), before);

  const told = await imago('restore', '--instance', machine, '--json');
  const made = JSON.parse(told.stdout);
  assert.equal(made.BackupId, backup);
  const is = await instanceIn(client, made.InstanceId, 'running');
  assert.deepEqual(
    [is.InstanceType, is.KeyName, is.BlockDeviceMappings?.length],
    ['t3.micro', 'first', 2],
  );
  const addresses = made.Differences.map(({ Now }: { Now: string }) => Now);
  assert.deepEqual(addresses, [is.PrivateIpAddress, is.PublicIpAddress]);
  assert.equal(await userDataOf(made.InstanceId), 'its own');

  const empty = path.join(home.folder, 'empty');
  writeFileSync(empty, '');
  const { id } = await restored(backup, '--user-data', empty);
  assert.equal(await userDataOf(id), '');
});

test('a moment is of the zone of who asks, and what is asked wrongly is refused', async () => {
  const { Images: [its] = [] } = await client.ec2('DescribeImages', { ImageIds: [backup] });
  const made = new Date(its?.CreationDate ?? '').getTime();
  const minuteMs = 60_000;
  /** Tokyo is nine hours ahead. */
  const inTokyo = (ms: number) =>
    new Date(ms + 9 * 60 * minuteMs).toISOString().slice(0, 19).replace('T', ' ');
  const at = (text: string) => imago('restore', '--instance', machine, '--at', text, '--preview');
  assert.equal((await at(inTokyo(made + minuteMs))).code, 0);
  const early = await at(inTokyo(made - minuteMs));
  assert.deepEqual([early.code, early.stdout], [1, '']);
  assert.match(early.stderr, /There is no whole backup of i-\w+ at or before/);
  for (const [words, message] of [
    [['--instance', machine, '--at', '2026-02-30'], /--at 2026-02-30 is no date/],
    [['--group', 'sg-1', backup], /is neither a security group nor a device/],
    [['--instance', machine, '--volume', 'vol-1', '--attach', machine], /each have backups of/],
    [[backup, '--user-data', path.join(home.folder, 'none')], /user data cannot be read/],
    [[backup, '--volume', '/dev/sdf'], /Name it by --attach/],
    [[backup, '--attach', machine, '--type', 't3.nano'], /Leave out --in-place, --preview/],
  ] as const) {
    const { code, stdout, stderr } = await imago('restore', ...words);
    assert.deepEqual([code, stdout], [2, ''], stderr);
    assert.match(stderr, message);
  }
});

test('one volume, and in place: what stays is told, and a stopped machine is told why not', async () => {
  const volume = ['--volume', '/dev/sdf', '--attach', machine, '--device', '/dev/sdp'];
  const one = await imago('restore', backup, ...volume);
  assert.match(one.stdout, /^vol-\w+, restored of ami-\w+, is attached to i-\w+ as \/dev\/sdp.$/m);
  const { id } = await restored(backup);
  await instanceIn(client, id, 'running');
  const place = await imago('restore', '--instance', machine, '--in-place');
  assert.match(place.stdout, /^The root volume is replaced by ami-\w+: replacevol-\w+.$/m);
  assert.match(place.stdout, /^BlockDeviceMappings +\/dev\/sdf: vol-\w+ +in place the root/m);
  await until('the new root', async () => {
    const { ReplaceRootVolumeTasks: tasks = [] } = await client.ec2(
      'DescribeReplaceRootVolumeTasks',
      {},
    );
    return tasks.every(({ TaskState }) => TaskState === 'succeeded');
  });
  await client.ec2('StopInstances', { InstanceIds: [machine] });
  await instanceIn(client, machine, 'stopped');
  const stopped = await imago('restore', '--instance', machine, '--in-place');
  assert.equal(stopped.code, 1);
  assert.match(
    stopped.stderr,
    /is stopped: a root volume is replaced while it runs. Start it first/,
  );
});

test('files come out as an archive, which says what it may lack, and never half', async () => {
  const folder = mkdtempSync(path.join(home.folder, 'files-'));
  const out = path.join(folder, 'nginx.tar');
  const made = await imago('files', backup, 'restore', '/etc/nginx', '--out', out, '--json');
  assert.equal(made.code, 0, made.stderr);
  assert.equal(JSON.parse(made.stdout).SizeBytes, readFileSync(out).length);
  assert.match(made.stderr, /was in use when it was taken/);
  const { stdout } = await run('tar', ['-xOf', out, 'etc/nginx/nginx.conf']);
  assert.equal(stdout, 'user www;\n');
  const again = await imago('files', backup, 'restore', '/etc/nginx', '--out', out);
  assert.match(again.stderr, /nginx.tar is there already.\nName a new file.\n$/);
  assert.equal(again.code, 1);
  const none = path.join(folder, 'none.tar');
  const missing = await imago('files', backup, 'restore', '/none', '--out', none);
  assert.match(missing.stderr, /There is no \/none in ami-/);
  assert.deepEqual([missing.code, existsSync(none)], [1, false]);
  const asJson = await imago('files', backup, 'restore', '/etc', '--json');
  assert.deepEqual([asJson.code, asJson.stdout], [2, '']);
});

test('files of a machine are those of its last whole backup, or of the last before a moment', async () => {
  const { Backup } = await client.imago('DescribeBackup', { BackupId: backup });
  const made = new Date(Backup?.CreateTime ?? 0);
  const moment = (ms: number) => new Date(made.getTime() + ms).toISOString();
  const now = await imago('files', machine, '/etc');
  assert.deepEqual([now.code, now.stderr], [0, `Of ${backup}:\n`]);
  const then = await imago('files', machine, '/etc', '--at', moment(60_000));
  assert.deepEqual([then.code, then.stdout], [0, now.stdout]);
  const early = await imago('files', machine, '/etc', '--at', moment(-60_000));
  assert.match(early.stderr, /There is no whole backup of i-\w+ at or before 2/);
  assert.deepEqual([early.code, early.stdout], [1, '']);
  const twice = await imago('files', backup, '/etc', '--at', moment(0));
  assert.match(twice.stderr, /is one backup already/);
  assert.equal(twice.code, 2);
});

test('the help says what each option is for', async () => {
  const { stdout } = await imago('restore', '--help');
  for (const option of ['type', 'key', 'subnet', 'group', 'address', 'name', 'user-data']) {
    assert.match(stdout, new RegExp(`^ +--${option} <[^>]+> +\\S`, 'm'));
  }
  assert.match(stdout, /--without <device...> +without these volumes/);
});
