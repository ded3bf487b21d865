/**
 * Disk files in and out by what people use: `bin/imago images import`, the SDK, aws-cli, boto3; with
 * an Imago that is killed in the middle.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  CancelImportTaskCommand,
  DescribeImagesCommand,
  DescribeImportSnapshotTasksCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  ImportSnapshotCommand,
} from '@aws-sdk/client-ec2';
import { aws } from '../support/aws-cli.ts';
import { debianClient } from '../support/debian-client.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';

const run = promisify(execFile);
type Shown<Name extends string> = Partial<Record<Name, Record<string, string>>>;
const mib = 1024 ** 2;
const folder = mkdtempSync(path.join(tmpdir(), 'imago-transfers-'));
let imago: ImagoProcess;
let ec2: EC2Client;

before(async () => {
  const flags = ['--import-folder', `disks=${folder}`, '--export-folder', `disks=${folder}`];
  imago = await ImagoProcess.start({ hypervisor: 'simulated', flags });
  ec2 = imago.ec2();
});
after(async () => {
  await imago?.dispose();
  rmSync(folder, { recursive: true });
});

/** One that a BIOS would start, with `mibs` of noise. */
function bootable(name: string, mibs: number): string {
  const file = path.join(folder, name);
  const noise = Buffer.alloc(Math.min(mibs, 64) * mib);
  for (let at = 0; at < noise.length; at += 4096) noise.writeUInt32LE(at, at);
  writeFileSync(file, noise);
  truncateSync(file, mibs * mib);
  execFileSync('sfdisk', ['--quiet', file], { input: 'label: dos\nstart=2048,type=83\n' });
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.alloc(16, 0x90), 0, 16, 0);
  closeSync(fd);
  return file;
}

const cli = (...args: string[]) => [...args, '--home', imago.home];

async function importTask(id: string) {
  for (;;) {
    const { ImportSnapshotTasks: [task] = [] } = await ec2.send(
      new DescribeImportSnapshotTasksCommand({ ImportTaskIds: [id] }),
    );
    const { Status } = task?.SnapshotTaskDetail ?? {};
    if (Status === 'completed' || Status === 'deleted') return task?.SnapshotTaskDetail ?? {};
    await delay(100);
  }
}

describe('bin/imago images import', () => {
  test('makes an image of a file of this machine, and says what starts it', async () => {
    const file = bootable('own.raw', 8);
    const args = ['images', 'import', file, '--format', 'raw', '--name', 'own'];
    const { stdout } = await run(launcher, cli(...args, '--json'));
    const image = JSON.parse(stdout);
    assert.deepEqual([image.Name, image.BootMode], ['own', 'legacy-bios']);
    await assert.rejects(run(launcher, cli(...args)), /There is an image own already/);
  });

  test('goes on when Imago is killed, and when the command is', async () => {
    const file = bootable('large.raw', 200);
    const args = ['images', 'import', file, '--format', 'raw', '--name', 'large'];
    const first = spawn(launcher, cli(...args), { stdio: 'ignore' });
    await someProgress('large.raw');
    await imago.kill();
    await imago.start();
    await someProgress('large.raw');
    first.kill('SIGKILL');
    await once(first, 'exit');
    // On a busy host it may have come to its end just before.
    await run(launcher, cli(...args)).catch((error) => {
      assert.match(error.message, /There is an image large already/);
    });
    const Filters = [{ Name: 'name', Values: ['large'] }];
    const asked = new DescribeImagesCommand({ Owners: ['self'], Filters });
    const { Images: [image] = [] } = await ec2.send(asked);
    assert.equal(image?.BootMode, 'legacy-bios');
    const ofFile = await importsOf('large.raw');
    assert.equal(ofFile.length, 1);
    assert.equal(ofFile[0]?.SnapshotTaskDetail?.Status, 'completed');
  });

  test('makes the image of an import that was whole when the command ended', async () => {
    const file = bootable('whole.raw', 2);
    const fd = openSync(file, 'r+');
    writeSync(fd, Buffer.alloc(1024), 0, 1024, 0);
    closeSync(fd);
    const args = ['images', 'import', file, '--format', 'raw', '--json'];
    await assert.rejects(run(launcher, cli(...args, '--name', 'whole')), /has nothing that a BIOS/);
    const withMode = (name: string) => cli(...args, '--name', name, '--boot-mode', 'legacy-bios');
    await run(launcher, withMode('whole'));
    assert.equal((await importsOf('whole.raw')).length, 1);
    // What an image has already is its own.
    await run(launcher, withMode('whole-2'));
    assert.equal((await importsOf('whole.raw')).length, 2);
  });

  test('encrypts what is asked for, and goes on with no import that does not', async () => {
    const file = bootable('secret.raw', 80);
    const args = ['images', 'import', file, '--format', 'raw', '--name', 'secret'];
    const plain = spawn(launcher, cli(...args), { stdio: 'ignore' });
    await someProgress('secret.raw');
    plain.kill('SIGKILL');
    await once(plain, 'exit');
    const { KeyMetadata: key } = (await aws(imago, 'kms', 'create-key')) as Shown<'KeyMetadata'>;
    const target = ['--target-key-id', key?.KeyId ?? ''];
    await aws(imago, 'kms', 'create-alias', '--alias-name', 'alias/imports', ...target);
    const under = [...args, '--kms-key-id', 'alias/imports', '--json'];
    const image = JSON.parse((await run(launcher, cli(...under))).stdout);
    const { SnapshotId, Encrypted } = image.BlockDeviceMappings[0].Ebs;
    assert.equal(Encrypted, true);
    const asked = new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] });
    const { Snapshots: [snapshot] = [] } = await ec2.send(asked);
    assert.equal(snapshot?.KmsKeyId, key?.Arn);
    const small = bootable('secret-2.raw', 2);
    const usual = ['images', 'import', small, '--format', 'raw', '--name', 'secret-2'];
    const { stdout } = await run(launcher, cli(...usual, '--encrypted', '--json'));
    assert.equal(JSON.parse(stdout).BlockDeviceMappings[0].Ebs.Encrypted, true);
    const none = [...usual.slice(0, -1), 'secret-3', '--kms-key-id', 'alias/none'];
    await assert.rejects(run(launcher, cli(...none)), /NotFoundException/);
    const { ImportSnapshotTasks = [] } = await ec2.send(new DescribeImportSnapshotTasksCommand({}));
    const left = ImportSnapshotTasks.find(
      ({ SnapshotTaskDetail: detail }) => detail?.Status === 'active',
    );
    const over = new CancelImportTaskCommand({ ImportTaskId: left?.ImportTaskId });
    if (left) await ec2.send(over);
  });

  test('says what is wrong with a file, and leaves no image', async () => {
    const file = bootable('wrong.raw', 2);
    const args = ['images', 'import', file, '--format', 'qcow2', '--name', 'wrong'];
    await assert.rejects(run(launcher, cli(...args)), /The import failed\. .*qcow2/is);
    const none = ['images', 'import', path.join(folder, 'none'), '--format', 'raw'];
    await assert.rejects(run(launcher, cli(...none, '--name', 'none')), /cannot be read/);
  });
});

describe('bin/imago images export', () => {
  test('writes a disk file whose bytes QEMU reads, and none that is half', async () => {
    const file = bootable('away.raw', 4);
    const args = ['images', 'import', file, '--format', 'raw', '--name', 'away'];
    const { ImageId } = JSON.parse((await run(launcher, cli(...args, '--json'))).stdout);
    for (const format of ['raw', 'qcow2', 'vmdk']) {
      const to = path.join(folder, `away.${format}.out`);
      await run(launcher, cli('images', 'export', ImageId, to, '--format', format));
      const back = path.join(folder, 'away.back');
      execFileSync('qemu-img', ['convert', '-f', format, '-O', 'raw', to, back]);
      assert.ok(
        readFileSync(back)
          .subarray(0, 4 * mib)
          .equals(readFileSync(file)),
        format,
      );
      const again = cli('images', 'export', ImageId, to, '--format', format);
      await assert.rejects(run(launcher, again), /There is a file/);
    }
    const none = path.join(folder, 'none.out');
    const wrong = (...more: string[]) => run(launcher, cli('images', 'export', ...more));
    await assert.rejects(wrong(ImageId, none, '--format', 'iso'), /Invalid value/);
    await assert.rejects(wrong(ImageId, none, '--format', 'raw', '--disk', '2'), /no disk 2/);
    await assert.rejects(wrong('ami-0fedcba9876543210', none, '--format', 'raw'), /does not exist/);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('none.out') || name.endsWith('.part')),
      [],
    );
  });

  test('into a folder of the server waits until it is there', async () => {
    const Filters = [{ Name: 'name', Values: ['own'] }];
    const asked = new DescribeImagesCommand({ Owners: ['self'], Filters });
    const [{ ImageId = '' } = {}] = (await ec2.send(asked)).Images ?? [];
    const args = ['images', 'export', ImageId, 's3://disks/out/', '--format', 'vhd', '--json'];
    const task = JSON.parse((await run(launcher, cli(...args))).stdout);
    assert.ok(readFileSync(path.join(folder, `out/${task.ExportImageTaskId}.vhd`)).length > 0);
  });
});

async function importsOf(file: string) {
  const { ImportSnapshotTasks = [] } = await ec2.send(new DescribeImportSnapshotTasksCommand({}));
  return ImportSnapshotTasks.filter((each) => each.SnapshotTaskDetail?.Url?.endsWith(`/${file}`));
}

async function someProgress(file: string): Promise<void> {
  for (;;) {
    const [task] = await importsOf(file);
    const { Status, Progress = 0 } = task?.SnapshotTaskDetail ?? {};
    if (Status === 'completed' || Number(Progress) >= 2) return;
    await delay(50);
  }
}

test('by the SDK a file of a folder is imported, under the same token once', async () => {
  bootable('round.raw', 3);
  const order = {
    ClientToken: 'once',
    DiskContainer: { Format: 'raw', Url: 's3://disks/round.raw' },
  };
  const made = await ec2.send(new ImportSnapshotCommand(order));
  const again = await ec2.send(new ImportSnapshotCommand(order));
  assert.equal(made.ImportTaskId, again.ImportTaskId);
  const { SnapshotId } = await importTask(made.ImportTaskId ?? '');
  assert.ok(SnapshotId);
});

async function untilEnded<Task>(describe: () => Promise<Task>, stateOf: (task: Task) => string) {
  for (;;) {
    const task = await describe();
    if (!['active', 'InProgress'].includes(stateOf(task))) return task;
    await delay(200);
  }
}

interface CliAnswer {
  ImportTaskId?: string;
  ImageId?: string;
  StoreImageTaskResults?: { StoreTaskState?: string; S3objectKey?: string }[];
}

async function cliAnswer(...words: string[]): Promise<CliAnswer> {
  return (await aws(imago, 'ec2', ...words)) as CliAnswer;
}

test('aws-cli imports, as its documentation has it, exports, stores and restores', async () => {
  bootable('cli.raw', 4);
  execFileSync('qemu-img', [
    ...['convert', '-f', 'raw', '-O', 'vpc'],
    ...[path.join(folder, 'cli.raw'), path.join(folder, 'cli.vhd')],
  ]);
  const container = 'Description=mine,Format=VHD,UserBucket={S3Bucket=disks,S3Key=cli.vhd}';
  const { ImportTaskId: id = '' } = await cliAnswer(
    ...['import-snapshot', '--disk-container', container],
  );
  const { SnapshotId, Status, StatusMessage } = await importTask(id);
  assert.equal(Status, 'completed', StatusMessage);
  const mapping = `DeviceName=/dev/xvda,Ebs={SnapshotId=${SnapshotId}}`;
  const { ImageId: image = '' } = await cliAnswer(
    ...['register-image', '--name', 'cli', '--architecture', 'x86_64'],
    ...['--virtualization-type', 'hvm', '--root-device-name', '/dev/xvda'],
    ...['--block-device-mappings', mapping],
  );
  await cliAnswer('create-store-image-task', '--image-id', image, '--bucket', 'disks');
  const stored = await untilEnded(
    () => cliAnswer('describe-store-image-tasks', '--image-ids', image),
    (answer) => answer.StoreImageTaskResults?.[0]?.StoreTaskState ?? '',
  );
  assert.equal(stored.StoreImageTaskResults?.[0]?.S3objectKey, `${image}.bin`);
  const { ImageId: restored = '' } = await cliAnswer(
    ...['create-restore-image-task', '--bucket', 'disks'],
    ...['--object-key', `${image}.bin`, '--name', 'restored'],
  );
  await aws(imago, 'ec2', 'wait', 'image-available', '--image-ids', restored);
});

const script = `
import boto3, os, time
ec2 = boto3.client("ec2", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
def until(describe, state):
    while True:
        task = describe()
        if state(task) not in ("active", "InProgress"): return task
        time.sleep(0.2)
made = ec2.import_image(DiskContainers=[{"Format": "ova", "UserBucket": {"S3Bucket": "disks", "S3Key": "none.ova"}}])
task = until(lambda: ec2.describe_import_image_tasks(ImportTaskIds=[made["ImportTaskId"]])["ImportImageTasks"][0], lambda t: t["Status"])
print(task["Status"], task["StatusMessage"])
[image] = ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": ["own"]}])["Images"]
made = ec2.export_image(ImageId=image["ImageId"], DiskImageFormat="VMDK", S3ExportLocation={"S3Bucket": "disks"})
task = until(lambda: ec2.describe_export_image_tasks(ExportImageTaskIds=[made["ExportImageTaskId"]])["ExportImageTasks"][0], lambda t: t["Status"])
print(task["Status"])
try: ec2.cancel_export_task(ExportTaskId=made["ExportImageTaskId"])
except ec2.exceptions.ClientError as error: print(error.response["Error"]["Code"])
`;

test('boto3 reads what became of imports and exports', async () => {
  const environment = { AWS_ENDPOINT_URL: imago.endpoint };
  const { endpoint, home, credentials } = imago;
  const printed = await debianClient({ endpoint, home, credentials }, 'python3', ['-c', script], {
    environment,
  });
  assert.deepEqual(printed.trim().split('\n'), [
    'deleted ClientError: There is no file none.ova.',
    'completed',
    'IncorrectState',
  ]);
});
