/**
 * Encryption at rest through all that is made of a volume, with simulated machines: launches,
 * captures, copies, keys that go. What a guest wrote is looked for in all files and blocks.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import { copyImage } from '../operations/ec2/images/CopyImage.ts';
import { describeImages } from '../operations/ec2/images/DescribeImages.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { createReplaceRootVolumeTask } from '../operations/ec2/root-volumes/CreateReplaceRootVolumeTask.ts';
import { copySnapshot } from '../operations/ec2/snapshots/CopySnapshot.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { attachVolume } from '../operations/ec2/volumes/AttachVolume.ts';
import { copyVolumes } from '../operations/ec2/volumes/CopyVolumes.ts';
import { createVolume } from '../operations/ec2/volumes/CreateVolume.ts';
import { createKey } from '../operations/kms/CreateKey.ts';
import { disableKey } from '../operations/kms/DisableKey.ts';
import { enableKey } from '../operations/kms/EnableKey.ts';
import { capture, killAt, settled, volumeRow } from './test-captures.ts';
import { TestImago } from './test-imago.ts';

const kib = 1024;
const mib = 1024 * kib;

async function newKey(imago: TestImago): Promise<string> {
  return (await imago.call(createKey, {})).KeyMetadata?.KeyId ?? '';
}

async function launch(imago: TestImago, ImageId: string, ebs: object = {}, state = 'running') {
  const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: ebs }];
  const request = { ImageId, MinCount: 1, MaxCount: 1, BlockDeviceMappings };
  const { Instances = [] } = await imago.call(runInstances, request);
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, state);
  const [volumeId = ''] = await imago.volumeIds(id);
  return { id, volumeId };
}

/** Of a byte that nothing else is made of, whole blocks of a cipher. */
const markOf = (byte: number) => Buffer.alloc(64, byte);

async function findPlain(imago: TestImago, byte: number): Promise<string[]> {
  const found: string[] = [];
  for (const name of await imago.layerFiles()) {
    const bytes = await readFile(path.join(imago.home.volumesFolder, name));
    if (bytes.includes(markOf(byte))) found.push(name);
  }
  for (const store of [imago.blocks, imago.blocksElsewhere] as MemoryBlockStore[]) {
    for await (const { digest } of store.list()) {
      if ((await store.get(digest)).includes(markOf(byte))) found.push(digest);
    }
  }
  return found;
}

test('an encrypted volume of a plain image: layers, captures and what is made of them are under its key', async () => {
  await using imago = await TestImago.start();
  const key = await newKey(imago);
  const plain = await imago.image({}, 7);
  const { id, volumeId } = await launch(imago, plain.id, { Encrypted: true, KmsKeyId: key });
  const before = await volumeRow(imago, volumeId);
  assert.deepEqual([before?.encryption, before?.base?.encryption], [{ keyId: key }, undefined]);
  await imago.write(volumeId, 2 * mib, 64 * kib, 0xa5);
  const image = await settled(imago, await capture(imago, id));
  assert.equal(image.state, 'available', image.stateReason?.message);
  const [snapshotId = ''] = snapshotIdsOf(image);
  // What was below it is sealed anew: nothing of the capture is plain.
  const row = await imago.catalog.read(({ snapshots }) => snapshots.get(snapshotId));
  assert.deepEqual(row?.encryption, { keyId: key });
  assert.deepEqual((await volumeRow(imago, volumeId))?.base?.encryption, { keyId: key });
  assert.equal(await imago.readSnapshot(snapshotId, 0), 7);
  assert.equal(await imago.readSnapshot(snapshotId, 2 * mib), 0xa5);
  await imago.write(volumeId, 3 * mib, 64 * kib, 0xa5);
  const next = await settled(imago, await capture(imago, id));
  const [nextId = ''] = snapshotIdsOf(next);
  assert.equal(await imago.readSnapshot(nextId, 3 * mib), 0xa5);
  assert.equal(await imago.readSnapshot(nextId, 0), 7);
  const { Images = [] } = await imago.call(describeImages, { ImageIds: [next.id] });
  assert.equal(Images[0]?.BlockDeviceMappings?.[0]?.Ebs?.Encrypted, true);
  // Launched of it, without another word, it is under the same key.
  const again = await launch(imago, next.id);
  assert.deepEqual((await volumeRow(imago, again.volumeId))?.encryption, { keyId: key });
  assert.deepEqual(await findPlain(imago, 0xa5), []);
});

test('under another key a volume needs the first no more, and dedups with nothing of it', async () => {
  await using imago = await TestImago.start();
  const [one, other] = [await newKey(imago), await newKey(imago)];
  const plain = await imago.image({}, 7);
  const first = await launch(imago, plain.id, { Encrypted: true, KmsKeyId: one });
  const image = await settled(imago, await capture(imago, first.id));
  const second = await launch(imago, image.id, { Encrypted: true, KmsKeyId: other });
  const { base, encryption } = (await volumeRow(imago, second.volumeId)) ?? {};
  assert.deepEqual([encryption, base?.encryption?.keyId], [{ keyId: other }, other]);
  await imago.call(disableKey, { KeyId: one });
  await imago.call(stopInstances, { InstanceIds: [first.id, second.id] });
  for (const { id } of [first, second]) await imago.untilState(id, 'stopped');
  const captured = await settled(imago, await capture(imago, second.id));
  const [snapshotId = ''] = snapshotIdsOf(captured);
  const row = await imago.catalog.read(({ snapshots }) => snapshots.get(snapshotId));
  assert.deepEqual(row?.encryption, { keyId: other });
  assert.equal(await imago.readSnapshot(snapshotId, 0), 7);
  assert.notEqual(row?.root, base?.root);
  await imago.call(startInstances, { InstanceIds: [second.id] });
  await imago.untilState(second.id, 'running');
  // The first cannot, and says why.
  await imago.call(startInstances, { InstanceIds: [first.id] });
  await imago.untilState(first.id, 'stopped');
  const reason = (await imago.instance(first.id))?.stateReason;
  assert.equal(reason?.code, 'Client.InvalidKMSKey.InvalidState');
  assert.match(reason?.message ?? '', /is disabled/);
  await imago.call(enableKey, { KeyId: one });
  await imago.call(startInstances, { InstanceIds: [first.id] });
  await imago.untilState(first.id, 'running');
});

test('copies are encrypted, re-encrypted, never plain again, and a region has its own key', async () => {
  await using imago = await TestImago.start();
  const [one, other] = [await newKey(imago), await newKey(imago)];
  const plain = await imago.image({}, 0x5a);
  const [SourceSnapshotId = ''] = snapshotIdsOf(plain);
  const copy = async (source: string, more: object, region?: string) => {
    const order = { SourceRegion: 'us-east-1', SourceSnapshotId: source, ...more };
    const { SnapshotId = '' } = await imago.call(copySnapshot, order, region);
    await imago.untilQuiet();
    const row = await imago.catalog.read(({ snapshots }) => snapshots.get(SnapshotId));
    assert.equal(row?.state, 'completed', row?.stateMessage);
    assert.equal(await imago.readSnapshot(SnapshotId, 0), 0x5a);
    return { id: SnapshotId, root: row.root, keyId: row.encryption?.keyId };
  };
  const first = await copy(SourceSnapshotId, { Encrypted: true, KmsKeyId: one });
  assert.equal(first.keyId, one);
  const same = await copy(first.id, {});
  assert.deepEqual([same.keyId, same.root], [one, first.root]);
  const second = await copy(first.id, { Encrypted: true, KmsKeyId: other });
  assert.equal(second.keyId, other);
  assert.notEqual(second.root, first.root);
  const abroad = await copy(first.id, {}, 'eu-west-1');
  const key = await imago.catalog.read(({ kmsKeys }) => kmsKeys.get(abroad.keyId ?? ''));
  assert.deepEqual([key?.region, key?.manager], ['eu-west-1', 'AWS']);
  const refused = copy(first.id, { Encrypted: false });
  await assert.rejects(refused, { code: 'InvalidParameterValue' });
  const keyAlone = copy(SourceSnapshotId, { KmsKeyId: one });
  await assert.rejects(keyAlone, { code: 'InvalidParameterDependency' });
  const image = { SourceImageId: plain.id, SourceRegion: 'us-east-1', Name: 'encrypted' };
  const { ImageId = '' } = await imago.call(copyImage, { ...image, Encrypted: true });
  const copied = await settled(imago, ImageId);
  assert.deepEqual(copied.blockDeviceMappings[0]?.ebs.encrypted, true);
  await launch(imago, ImageId);
});

for (const moment of ['before', 'after'] as const) {
  test(`killed ${moment} the copy, a re-encryption is completed by the next start`, async () => {
    const killed = Promise.withResolvers<void>();
    const kill = killAt('copy', moment);
    await using imago = await TestImago.start({
      onStep: (...at) => {
        try {
          return kill(...at);
        } catch (error) {
          killed.resolve();
          throw error;
        }
      },
    });
    const [SourceSnapshotId = ''] = snapshotIdsOf(await imago.image({}, 0x5a));
    const KmsKeyId = await newKey(imago);
    const source = { SourceRegion: 'us-east-1', SourceSnapshotId };
    const order = { ...source, Encrypted: true, KmsKeyId };
    const { SnapshotId = '' } = await imago.call(copySnapshot, order);
    await killed.promise;
    await imago.restart();
    await imago.untilQuiet();
    assert.equal(await imago.readSnapshot(SnapshotId, 0), 0x5a);
  });
}

test('by themselves, copied, and in place of a root volumes stay encrypted', async () => {
  await using imago = await TestImago.start();
  const key = await newKey(imago);
  const zone = { AvailabilityZone: 'us-east-1a' };
  const order = { ...zone, Size: 1, Encrypted: true, KmsKeyId: key };
  const { VolumeId = '', Encrypted, KmsKeyId } = await imago.call(createVolume, order);
  assert.equal(Encrypted, true);
  assert.match(KmsKeyId ?? '', new RegExp(`^arn:aws:kms:us-east-1:\\d{12}:key/${key}$`));
  const { id, volumeId } = await launch(imago, (await imago.image({}, 7)).id, { Encrypted: true });
  await imago.call(disableKey, { KeyId: key });
  const attachment = { InstanceId: id, VolumeId, Device: '/dev/sdf' };
  await assert.rejects(imago.call(attachVolume, attachment), {
    code: 'InvalidKMSKey.InvalidState',
  });
  await assert.rejects(imago.call(createVolume, order), { code: 'InvalidKMSKey.InvalidState' });
  await imago.call(enableKey, { KeyId: key });
  await imago.call(attachVolume, attachment);
  await imago.until('it is attached', async () => {
    const row = await volumeRow(imago, VolumeId);
    return row?.attachment && row.attachment.state === undefined;
  });
  await imago.write(VolumeId, 0, 64 * kib, 0xa5);
  const { Volumes = [] } = await imago.call(copyVolumes, { SourceVolumeId: VolumeId });
  await imago.untilQuiet();
  const made = await volumeRow(imago, Volumes[0]?.VolumeId);
  assert.deepEqual([made?.encryption?.keyId, made?.base?.encryption?.keyId], [key, key]);
  await imago.call(createReplaceRootVolumeTask, { InstanceId: id });
  await imago.untilQuiet();
  const [root] = await imago.volumeIds(id);
  assert.notEqual(root, volumeId);
  const [was, is] = [await volumeRow(imago, volumeId), await volumeRow(imago, root)];
  assert.ok(is?.encryption);
  assert.deepEqual(is.encryption, was?.encryption);
  assert.deepEqual(await findPlain(imago, 0xa5), []);
});

test('copies of volumes under other keys have the bytes of their source, and what is written to them is sealed', async () => {
  await using imago = await TestImago.start();
  const [one, other] = [await newKey(imago), await newKey(imago)];
  const plain = await imago.image({}, 7);
  const copied = async (SourceVolumeId: string, KmsKeyId: string) => {
    const request = { SourceVolumeId, Encrypted: true, KmsKeyId };
    const { Volumes: [copy] = [] } = await imago.call(copyVolumes, request);
    await imago.untilQuiet();
    return copy?.VolumeId ?? '';
  };
  const source = await launch(imago, plain.id);
  await imago.write(source.volumeId, 2 * mib, 64 * kib, 0x3c);
  const first = await copied(source.volumeId, one);
  const ofPlain = await volumeRow(imago, first);
  assert.deepEqual([ofPlain?.encryption?.keyId, ofPlain?.base?.encryption], [one, undefined]);
  // Of what was never plain.
  const { id } = source;
  const attached = async (VolumeId: string, Device: string) => {
    await imago.call(attachVolume, { InstanceId: id, VolumeId, Device });
    await imago.until('it is attached', async () => {
      const row = await volumeRow(imago, VolumeId);
      return row?.attachment && row.attachment.state === undefined;
    });
  };
  await attached(first, '/dev/sdf');
  await imago.write(first, 3 * mib, 64 * kib, 0xa5);
  const second = await copied(first, other);
  const anew = await volumeRow(imago, second);
  assert.deepEqual([anew?.encryption?.keyId, anew?.base?.encryption?.keyId], [other, other]);
  assert.ok(anew?.base?.encryption?.dataKey, 'its blocks are still those of the source');
  await imago.call(disableKey, { KeyId: one });
  await attached(second, '/dev/sdg');
  await imago.write(second, 4 * mib, 64 * kib, 0xa5);
  const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: second });
  await imago.untilQuiet();
  const marks = [0, 2, 3, 4].map((at) => imago.readSnapshot(SnapshotId, at * mib));
  assert.deepEqual(await Promise.all(marks), [7, 0x3c, 0xa5, 0xa5]);
  assert.deepEqual(await findPlain(imago, 0xa5), []);
});

test('a launch without its key, or without the master key, ends and says why', async () => {
  await using imago = await TestImago.start();
  const key = await newKey(imago);
  const plain = await imago.image({}, 7);
  const first = await launch(imago, plain.id, { Encrypted: true, KmsKeyId: key });
  const image = await settled(imago, await capture(imago, first.id));
  await imago.call(terminateInstances, { InstanceIds: [first.id] });
  await imago.call(disableKey, { KeyId: key });
  const refused = launch(imago, image.id);
  await assert.rejects(refused, { code: 'InvalidKMSKey.InvalidState' });
  const missing = launch(imago, plain.id, {
    Encrypted: true,
    KmsKeyId: '00000000-0000-4000-8000-000000000000',
  });
  await assert.rejects(missing, { code: 'InvalidKMSKey.NotFound' });
});
