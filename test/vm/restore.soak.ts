/**
 * A machine that was terminated comes back of its backup, be that an image or the snapshots of its
 * volumes that a policy took together: the same address, key, user data and both disks, as the guest
 * sees them; one that runs gets the root of those snapshots in place. Its files come out of the backup
 * as the guest had them, and a drill compares them.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  CreateLifecyclePolicyCommand,
  DLMClient,
  UpdateLifecyclePolicyCommand,
} from '@aws-sdk/client-dlm';
import {
  CreateImageCommand,
  CreateTagsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Instance,
  type Snapshot,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { Client } from '../../cli/client.ts';
import { readConnection } from '../../cli/credentials.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import {
  type Access,
  access,
  describeInstance,
  launch,
  providerImage,
  type Reached,
  reach,
  untilReplaced,
  waitForImage,
  waitForState,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

const secret = 'a secret of this machine';
/** By busybox; links that lead nowhere are told by their targets. */
const digests = (root: string) =>
  `cd ${root} && find etc bin root -type f | LC_ALL=C sort | xargs sha256sum`;
/** By version 1 of the metadata service: busybox sends no PUT. */
const userData = 'wget -qO- http://169.254.169.254/latest/user-data';
const same = ['PrivateIpAddress', 'InstanceType', 'KeyName', 'SecurityGroups', 'Tags'] as const;
/** All that was written of it. */
const dataDigest = (device: string) => `sudo head -c 4194304 ${device} | sha256sum | cut -c -64`;
/** A policy may be due each minute; the rest is for the guest beside others. */
const policyMs = 300_000;

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  login = await access(imago);
});
after(() => imago?.dispose());

/** With two disks. */
async function twoDisks() {
  const micro = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, micro.ImageId ?? '', login, 1, {
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }],
    MetadataOptions: { HttpTokens: 'optional' },
    UserData: Buffer.from(secret).toString('base64'),
  });
  return reach(ec2, launched, login);
}

async function terminated(id: string): Promise<Instance> {
  const was = await describeInstance(ec2, id);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await waitForState(ec2, id, 'terminated');
  return was;
}

/** Of the last backup, with all that it had. */
async function restored(was: Instance) {
  const client = new Client(readConnection(login.home));
  const made = await client.imago('RestoreInstance', { InstanceId: was.InstanceId });
  assert.deepEqual(
    made.Differences.map(({ Member }) => Member),
    ['PublicIpAddress'],
  );
  const back = await reach(ec2, { InstanceId: made.InstanceId }, login);
  assert.equal(await ssh(back, userData), secret);
  const is = await describeInstance(ec2, back.id);
  for (const member of same) assert.deepEqual(is[member], was[member], member);
  return { client, back, BackupId: made.BackupId };
}

test('a machine that is gone comes back as it was, and its files come out without it', async () => {
  const guest = await twoDisks();
  await ssh(guest, 'sudo sh -c "echo mine >/etc/marker; echo kept | dd of=/dev/vdb; sync"');
  const order = { InstanceId: guest.id, Name: 'before the worst day', NoReboot: true };
  const { ImageId: BackupId = '' } = await ec2.send(new CreateImageCommand(order));
  await waitForImage(ec2, BackupId, 'available');
  const had = await ssh(guest, `sudo sh -c '${digests('/')}'`);
  const made = await restored(await terminated(guest.id));
  assert.equal(made.BackupId, BackupId);
  const look = 'cat /etc/marker; sudo head -c 5 /dev/vdb';
  assert.equal(await ssh(made.back, look), 'mine\nkept\n');

  const folder = path.join(imago.home, 'restored');
  const unpack = `mkdir "$1" && "$2" backups files "$3" restore / --home "$4" | tar -xp -C "$1" && ${digests('"$1"')}`;
  const words = ['-ec', unpack, 'sh', folder, launcher, BackupId];
  const { stdout } = await promisify(execFile)('sh', [...words, imago.home], {
    maxBuffer: 64 * 1024 ** 2,
  });
  assert.equal(stdout, had);
  await drilled(BackupId);
});

/** Compared is what a machine that ran had at the cut; as another one it writes anew who it is. */
async function drilled(backup: string): Promise<void> {
  const file = path.join(imago.home, 'drill.yaml');
  writeFileSync(file, `type: t3.nano\ncompare: [/etc/marker, /bin/busybox, /etc/machine-id]\n`);
  const words = ['drill', backup, '--checks', file, '--home', imago.home, '--json'];
  const failed = await promisify(execFile)(launcher, words).then(
    () => assert.fail('it passed'),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, drill: JSON.parse(stdout) }),
  );
  assert.deepEqual([failed.code, failed.drill.State], [1, 'failed'], failed.drill.Reason);
  assert.deepEqual(
    failed.drill.Results.map(({ Name, Passed }: { Name: string; Passed: boolean }) => [
      Name,
      Passed,
    ]),
    [
      ['compare /etc/marker', true],
      ['compare /bin/busybox', true],
      ['compare /etc/machine-id', false],
    ],
  );
  assert.match(failed.drill.Reason, /^1 of 3 checks failed; .* compare \/etc\/machine-id: its SHA/);
}

/** A set that a policy took of the machine when the next minute began: root first, then data. */
async function takenByPolicy(id: string): Promise<Snapshot[]> {
  const { endpoint, credentials } = imago;
  const dlm = new DLMClient({ endpoint, region: 'us-east-1', credentials });
  const tag = { Key: 'backup', Value: 'minutely' };
  await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [tag] }));
  const { PolicyId } = await dlm.send(
    new CreateLifecyclePolicyCommand({
      ExecutionRoleArn: 'arn:aws:iam::000000000000:role/any',
      Description: 'sets',
      State: 'ENABLED',
      PolicyDetails: {
        PolicyType: 'EBS_SNAPSHOT_MANAGEMENT',
        ResourceTypes: ['INSTANCE'],
        TargetTags: [tag],
        Schedules: [
          {
            Name: 'minutely',
            CreateRule: { CronExpression: 'cron(* * * * ? *)' },
            RetainRule: { Count: 3 },
          },
        ],
      },
    }),
  );
  const Filters = [{ Name: 'tag:aws:dlm:lifecycle-policy-id', Values: [PolicyId ?? ''] }];
  const made = async () => {
    const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ Filters }));
    return Snapshots;
  };
  await until('a set', async () => (await made()).length > 0, policyMs);
  await dlm.send(new UpdateLifecyclePolicyCommand({ PolicyId, State: 'DISABLED' }));
  const isDone = ({ State }: Snapshot) => State === 'completed';
  await until('a whole set', async () => (await made()).every(isDone), policyMs);
  const { BlockDeviceMappings: disks = [] } = await describeInstance(ec2, id);
  const order = disks.map(({ Ebs }) => Ebs?.VolumeId);
  const place = ({ VolumeId }: Snapshot) => order.indexOf(VolumeId);
  return (await made()).sort((one, other) => place(one) - place(other));
}

/**
 * The machine that runs gets the root of its last set, by the guide's words: it is the machine that it
 * was, with the data that it has.
 */
async function restoredInPlace(guest: Reached): Promise<Reached> {
  const id = 'wget -qO- http://169.254.169.254/latest/meta-data/instance-id';
  const bootId = 'cat /proc/sys/kernel/random/boot_id';
  const was = await describeInstance(ec2, guest.id);
  const booted = await ssh(guest, bootId);
  const words = ['backups', 'restore', '--instance', guest.id, '--in-place', '--json'];
  const { stdout } = await promisify(execFile)(launcher, [...words, '--home', imago.home]);
  const { ReplaceRootVolumeTaskId, Differences } = JSON.parse(stdout);
  const [root, data] = was.BlockDeviceMappings ?? [];
  assert.deepEqual(
    Differences.map(({ Member, Now }: { Member: string; Now: string }) => [Member, Now]),
    [['BlockDeviceMappings', `/dev/sdf: ${data?.Ebs?.VolumeId}`]],
  );
  await untilReplaced(ec2, ReplaceRootVolumeTaskId);
  const is = await describeInstance(ec2, guest.id);
  assert.equal(is.State?.Name, 'running');
  for (const member of [...same, 'PublicIpAddress', 'ImageId', 'LaunchTime'] as const) {
    assert.deepEqual(is[member], was[member], member);
  }
  const [newRoot, sameData] = is.BlockDeviceMappings ?? [];
  assert.deepEqual(sameData, data);
  assert.notEqual(newRoot?.Ebs?.VolumeId, root?.Ebs?.VolumeId);
  // The one that it had stays, and no machine has it.
  const VolumeIds = [root?.Ebs?.VolumeId ?? ''];
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ VolumeIds }));
  assert.equal(Volumes?.[0]?.State, 'available');
  const back = await reach(ec2, is, login);
  assert.notEqual(await ssh(back, bootId), booted);
  assert.equal(await ssh(back, id), guest.id);
  assert.equal(await ssh(back, userData), secret);
  return back;
}

test('of the snapshots that a policy took together it comes back as of an image', async () => {
  const guest = await twoDisks();
  const write =
    'echo of the set >/etc/marker; dd if=/dev/urandom of=/dev/vdb bs=64k count=64; sync';
  await ssh(guest, `sudo sh -c "${write}"`);
  const look = `sudo sh -c '${digests('/')}'`;
  const had = await ssh(guest, look);
  const data = await ssh(guest, dataDigest('/dev/vdb'));
  const [root, other, ...more] = await takenByPolicy(guest.id);
  assert.equal(more.length, 0);
  // What comes after the moment of the set is not in it.
  await ssh(guest, 'sudo sh -c "echo later >/etc/marker; echo later | dd of=/dev/vdb; sync"');
  const inPlace = await restoredInPlace(guest);
  assert.equal(await ssh(inPlace, look), had);
  assert.equal(
    await ssh(inPlace, 'cat /etc/marker; sudo head -c 6 /dev/vdb'),
    'of the set\nlater\n',
  );

  const { client, back, BackupId } = await restored(await terminated(guest.id));
  assert.equal(BackupId, root?.SnapshotId);
  // A new instance makes an id and host keys of its own at its first boot.
  const own = /^.*(?:machine-id|dropbear_).*\n/gm;
  assert.equal((await ssh(back, look)).replace(own, ''), had.replace(own, ''));
  assert.equal(await ssh(back, dataDigest('/dev/vdb')), data);

  const asked = { BackupId, DeviceName: '/dev/sdf', InstanceId: back.id };
  const again = await client.imago('RestoreVolume', asked);
  assert.equal(again.SnapshotId, other?.SnapshotId);
  await until('vdc', async () => (await ssh(back, 'ls /dev')).split('\n').includes('vdc'));
  assert.equal(await ssh(back, dataDigest('/dev/vdc')), data);
});
