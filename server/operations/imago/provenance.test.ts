/** Manifests of images, who has signed them, and what an account demands of what it launches. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import { rootDisk } from '../../catalog/test-rows.ts';
import { BufferDisk } from '../../contents/test-file-systems.ts';
import { uploadDisk } from '../../disk/upload-layers.ts';
import { MasterKey } from '../../domain/master-key.ts';
import type { Manifest } from '../../domain/provenance/image-manifests.ts';
import { newSecret, publicKeyText } from '../../domain/provenance/minisign.ts';
import { deregisterImage } from '../ec2/images/DeregisterImage.ts';
import { disableImage } from '../ec2/images/DisableImage.ts';
import { registerImage } from '../ec2/images/RegisterImage.ts';
import { runInstances } from '../ec2/instances/RunInstances.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertSnapshot } from '../test-images.ts';
import { deleteLaunchPolicy } from './DeleteLaunchPolicy.ts';
import { describeImageLineage } from './DescribeImageLineage.ts';
import { describeSigningKeys } from './DescribeSigningKeys.ts';
import { getImageManifest } from './GetImageManifest.ts';
import { getLaunchPolicy } from './GetLaunchPolicy.ts';
import { putLaunchPolicy } from './PutLaunchPolicy.ts';
import { rotateSigningKey } from './RotateSigningKey.ts';
import { signImage } from './SignImage.ts';
import { verifyImage } from './VerifyImage.ts';

let context: TestContext;
let other: OperationContext;
beforeEach(async () => {
  context = await createTestContext();
  other = await context.asNewAccount();
});
afterEach(() => context[Symbol.asyncDispose]());

const launch = (ImageId: string, as: OperationContext = context) =>
  runInstances.run({ ImageId, MinCount: 1, MaxCount: 1 }, as);
const sharedImage = () => insertImage(context, { launchPermissions: [other.caller.account] });
const keyOf = async (as: OperationContext) =>
  (await describeSigningKeys.run({}, as)).Keys[0]?.PublicKey ?? '';

async function change(id: string, changed: Partial<ImageRow>): Promise<void> {
  await context.catalog.write(async ({ images }) => {
    await images.update({ ...((await images.get(id)) as ImageRow), ...changed });
  });
}

describe('manifests', () => {
  test('a registered image has one, of its digests, in the one form, signed by its account', async () => {
    const snapshot = await insertSnapshot(context);
    const Ebs = { SnapshotId: snapshot.id };
    const { ImageId = '' } = await registerImage.run(
      {
        Name: 'signed',
        Architecture: 'x86_64',
        VirtualizationType: 'hvm',
        RootDeviceName: '/dev/sda1',
        BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs }],
      },
      context,
    );
    const { Manifest: text, Sha256, Signatures } = await getImageManifest.run({ ImageId }, context);
    assert.equal(createHash('sha256').update(text).digest('hex'), Sha256);
    const manifest = JSON.parse(text) as Manifest;
    assert.deepEqual(Object.keys(manifest), Object.keys(manifest).sort());
    assert.equal(manifest.image.name, 'signed');
    assert.deepEqual(manifest.volumes, [
      { deviceName: '/dev/sda1', sha256: snapshot.root, sizeGiB: 8, snapshotId: snapshot.id },
    ]);
    assert.deepEqual(
      Signatures.map(({ AccountId, PublicKey }) => [AccountId, PublicKey]),
      [[context.caller.account, await keyOf(context)]],
    );
    assert.equal((await verifyImage.run({ ImageId }, context)).Valid, true);
  });

  test('whoever sees an image adds a signature, once, and says which keys count', async () => {
    const { id: ImageId } = await sharedImage();
    await signImage.run({ ImageId }, other);
    const { Signatures } = await signImage.run({ ImageId }, other);
    assert.deepEqual(
      Signatures.map(({ AccountId }) => AccountId),
      [context.caller.account, other.caller.account],
    );
    const by = async (key: string) =>
      (await verifyImage.run({ ImageId, PublicKeys: [key] }, other)).SignedBy.map(
        ({ AccountId }) => AccountId,
      );
    assert.deepEqual(await by(await keyOf(other)), [other.caller.account]);
    const unknown = { ImageId, PublicKeys: [publicKeyText(newSecret())] };
    const { Valid, Problems } = await verifyImage.run(unknown, other);
    assert.deepEqual([Valid, Problems], [false, ['None of these keys has signed it.']]);
    await assert.rejects(verifyImage.run({ ImageId, PublicKeys: ['RWQ'] }, other), {
      code: 'InvalidParameterValue',
    });
  });

  test('an image that is another than was signed is told', async () => {
    const image = await insertImage(context);
    const [mapping] = image.blockDeviceMappings;
    const { id: snapshotId } = await insertSnapshot(context, { root: 'f'.repeat(64) });
    const ebs = { ...mapping?.ebs, snapshotId } as ImageRow['blockDeviceMappings'][0]['ebs'];
    await change(image.id, {
      bootMode: 'uefi',
      blockDeviceMappings: [{ deviceName: image.rootDeviceName, ebs }],
    });
    const { Valid, Problems } = await verifyImage.run({ ImageId: image.id }, context);
    assert.equal(Valid, false);
    assert.match(Problems.join(' '), /bootMode is uefi; .* What \/dev\/\w+ holds is not/);
  });

  test('its blocks are read where that is asked for, and damaged ones told by their names', async () => {
    const disks = [1, 2].map((fill) => new BufferDisk(Buffer.alloc(2 * blockSizeBytes, fill)));
    const blockDeviceMappings: ImageRow['blockDeviceMappings'] = [];
    for (const [index, disk] of disks.entries()) {
      const { root } = await uploadDisk({ store: context.store, disk });
      const [mapping] = rootDisk(1, (await insertSnapshot(context, { root })).id);
      const deviceName = index === 0 ? mapping?.deviceName : '/dev/sdb';
      blockDeviceMappings.push({ ...mapping, deviceName } as (typeof blockDeviceMappings)[0]);
    }
    const { id: ImageId } = await insertImage(context, { blockDeviceMappings });
    const asked = { ImageId, Blocks: true };
    const whole = await verifyImage.run(asked, context);
    assert.deepEqual(
      [whole.Valid, whole.BlocksRead, whole.BlockCount, whole.DamagedBlocks],
      [true, 2, 4, []],
    );
    const lost = createHash('sha256').update(Buffer.alloc(blockSizeBytes, 2)).digest('hex');
    context.store.lose(lost);
    const { NextToken } = await verifyImage.run(asked, context);
    const { Valid, Problems, BlocksRead, DamagedBlocks, ...rest } = await verifyImage.run(
      { ...asked, NextToken },
      context,
    );
    assert.deepEqual(
      [Valid, BlocksRead, rest.NextToken, Problems],
      [false, 4, undefined, ['Some of its blocks are damaged.']],
    );
    assert.deepEqual(
      DamagedBlocks?.map(({ DeviceName, Digest, BlockIndex }) => [DeviceName, Digest, BlockIndex]),
      [
        ['/dev/sdb', lost, 0],
        ['/dev/sdb', lost, 1],
      ],
    );
    await assert.rejects(verifyImage.run({ ImageId, NextToken }, context), {
      code: 'InvalidParameterCombination',
    });
  });

  test('a signature that was changed is none', async () => {
    const { id: ImageId } = await insertImage(context);
    await context.catalog.write(async ({ imageManifests }) => {
      const row = await imageManifests.get(ImageId);
      assert.ok(row);
      const text = row.text.replace('x86_64', 'i386');
      await imageManifests.update({ ...row, text });
    });
    const { Problems, SignedBy } = await verifyImage.run({ ImageId }, context);
    assert.match(Problems.join(' '), /is not over this manifest/);
    assert.deepEqual(SignedBy, []);
  });

  test('a new key signs what comes, and the old one’s signatures stay', async () => {
    const { id: ImageId } = await insertImage(context);
    const before = await keyOf(context);
    context.now = new Date(context.now.getTime() + 1000);
    const { Keys } = await rotateSigningKey.run({}, context);
    assert.deepEqual(
      Keys.map(({ PublicKey, RetireDate }) => [PublicKey === before, RetireDate !== undefined]),
      [
        [false, false],
        [true, true],
      ],
    );
    assert.equal((await verifyImage.run({ ImageId }, context)).SignedBy[0]?.PublicKey, before);
    await signImage.run({ ImageId }, context);
    const [signature] = (await verifyImage.run({ ImageId }, context)).SignedBy;
    assert.equal(signature?.PublicKey, Keys[0]?.PublicKey);
  });

  test('without a master key an image is made all the same, signed by nobody', async () => {
    const keyless = { ...context, masterKey: MasterKey.absent('it is elsewhere') };
    const { id: ImageId } = await insertImage(keyless);
    assert.deepEqual((await getImageManifest.run({ ImageId }, keyless)).Signatures, []);
    await assert.rejects(signImage.run({ ImageId }, keyless), { code: 'KeyUnavailableException' });
    await assert.rejects(rotateSigningKey.run({}, keyless), { code: 'KeyUnavailableException' });
    assert.deepEqual((await verifyImage.run({ ImageId }, context)).Problems, [
      'Nobody has signed it.',
    ]);
  });
});

describe('launch policies', () => {
  test('only what one of the named has signed starts, own images too', async () => {
    const { id: ImageId } = await sharedImage();
    const account = other.caller.account;
    await putLaunchPolicy.run({ SignedBy: [account, account] }, other);
    assert.deepEqual((await getLaunchPolicy.run({}, other)).SignedBy, [account]);
    await assert.rejects(launch(ImageId, other), {
      code: 'OperationNotPermitted',
      message: new RegExp(`signed by ${context.caller.account}; one of ${account} has to`),
    });
    await launch(ImageId, context);
    await signImage.run({ ImageId }, other);
    await launch(ImageId, other);
    await putLaunchPolicy.run({ SignedBy: [await keyOf(context)] }, other);
    await launch(ImageId, other);
    await change(ImageId, { bootMode: 'uefi' });
    await assert.rejects(launch(ImageId, other), { code: 'OperationNotPermitted' });
    assert.deepEqual(await deleteLaunchPolicy.run({}, other), { SignedBy: [] });
    await launch(ImageId, other);
  });

  test('names accounts and keys of minisign, and nothing else', async () => {
    for (const SignedBy of [[], ['somebody'], ['RWQ='], Array(51).fill('111122223333')]) {
      await assert.rejects(putLaunchPolicy.run({ SignedBy }, context), {
        code: 'InvalidParameterValue',
      });
    }
  });
});

test('lineage goes both ways, and tells descendants what speaks against their ancestors', async () => {
  const first = await insertImage(context);
  const second = await insertImage(context, { sourceImageId: first.id });
  const third = await insertImage(context, { sourceImageId: second.id });
  const hidden = await insertImage(other, { sourceImageId: second.id });
  await disableImage.run({ ImageId: first.id }, context);
  await deregisterImage.run({ ImageId: second.id }, context);
  const { Images, Truncated } = await describeImageLineage.run({ ImageId: third.id }, context);
  assert.equal(Truncated, false);
  assert.deepEqual(
    Images.map(({ ImageId, State, Warnings, InheritedWarnings }) => [
      ImageId,
      State,
      Warnings,
      InheritedWarnings,
    ]),
    [
      [first.id, 'disabled', ['disabled'], []],
      [second.id, 'deregistered', [], [`${first.id} disabled`]],
      [third.id, 'available', [], [`${first.id} disabled`]],
    ],
  );
  const below = await describeImageLineage.run({ ImageId: first.id }, context);
  assert.ok(!below.Images.some(({ ImageId }) => ImageId === hidden.id));
  assert.deepEqual(
    below.Images.map(({ ImageId }) => ImageId),
    [first.id, second.id, third.id],
  );
});
