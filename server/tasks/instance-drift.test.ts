/**
 * In what an instance differs from its image: by what its machine has written to its layers, while
 * it runs and after captures, also where they are encrypted; what is torn is told as that.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { BufferDisk, makeFileSystem } from '../contents/test-file-systems.ts';
import { debianFiles } from '../contents/test-systems.ts';
import type { LayersToRead } from '../host/host.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { describeInstanceDrift } from '../operations/imago/DescribeInstanceDrift.ts';
import { capture } from './test-captures.ts';
import { TestImago } from './test-imago.ts';

const clusterBytes = 64 * 1024;
/** Has a cluster of a layer whole, of which nothing below is needed. */
const data = randomBytes(4 * clusterBytes);
const options = ['-t', 'ext4', '-b', '4096'];
let disk: Buffer;
before(async () => {
  disk = await makeFileSystem({ ...debianFiles, 'srv/data': data }, { sizeMiB: 16, options });
});

async function launched(imago: TestImago, encrypted: boolean): Promise<[string, string]> {
  const { id: ImageId } = await imago.image({}, new BufferDisk(disk));
  const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: encrypted } }];
  const request = { ImageId, MinCount: 1, MaxCount: 1, BlockDeviceMappings };
  const { Instances = [] } = await imago.call(runInstances, request);
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  const [volumeId = ''] = await imago.volumeIds(id);
  return [id, volumeId];
}

const driftOf = (imago: TestImago, InstanceId: string) =>
  imago.call(describeInstanceDrift, { InstanceId });

for (const encrypted of [false, true]) {
  const kind = encrypted ? 'an encrypted machine' : 'a machine';
  test(`what ${kind} has written is told while it runs, after a capture, and when it is stopped`, async () => {
    await using imago = await TestImago.start();
    const [id, volumeId] = await launched(imago, encrypted);
    const clean = await driftOf(imago, id);
    assert.deepEqual([clean.Same, clean.Files, clean.Truncated], [true, [], false]);
    const { imageId } = (await imago.instance(id)) ?? {};
    assert.equal(clean.ImageId, imageId);

    const at = Math.ceil(disk.indexOf(data.subarray(0, 4096)) / clusterBytes) * clusterBytes;
    await imago.write(volumeId, at, clusterBytes, 0x78);
    const drifted = await driftOf(imago, id);
    const [file, ...others] = drifted.Files;
    assert.deepEqual([drifted.Same, file?.Path, others], [false, '/srv/data', []]);
    assert.deepEqual(file?.Differences, ['content']);

    await capture(imago, id);
    assert.deepEqual(await driftOf(imago, id), drifted);
    await imago.call(stopInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'stopped');
    assert.deepEqual(await driftOf(imago, id), drifted);
  });
}

test('what does not fit together is read again, and told where it stays so', async () => {
  await using imago = await TestImago.start();
  const [id, volumeId] = await launched(imago, false);
  const clean = await driftOf(imago, id);
  const context = imago.context();
  let reads = 0;
  /** With what becomes of each look. */
  const watched = (fails: (read: number) => boolean) => ({
    ...context,
    host: Object.assign(Object.create(context.host), {
      async readLayers(of: LayersToRead) {
        if (!fails(++reads)) return context.host.readLayers(of);
        throw Object.assign(new Error('it was merged'), { code: 'ENOENT' });
      },
    }),
  });
  const asked = { InstanceId: id };
  const again = await describeInstanceDrift.run(
    asked,
    watched((read) => read === 1),
  );
  assert.deepEqual([again, reads], [clean, 2]);

  // The inodes of the first folders, as if something else were there.
  const table = inodesOf(disk);
  await imago.write(volumeId, table, clusterBytes, 0x55);
  reads = 0;
  const torn = describeInstanceDrift.run(
    asked,
    watched(() => false),
  );
  await assert.rejects(torn, {
    code: 'IncorrectInstanceState',
    message: /change while they are read \(.*\): stop it, or make an image of it/,
  });
  assert.ok(reads > 1);
});

/** Where the table of inodes begins, by the first descriptor of a group. */
function inodesOf(bytes: Buffer): number {
  return bytes.readUInt32LE(4096 + 8) * 4096;
}

test('of what is not there, or not the caller’s, nothing is told', async () => {
  await using imago = await TestImago.start();
  await assert.rejects(driftOf(imago, 'i-0fedcba9876543210'), {
    code: 'InvalidInstanceID.NotFound',
  });
});
