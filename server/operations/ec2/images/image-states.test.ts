/** Disabling, deprecation, protection from deregistration, and the types that an image is for. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage } from '../../test-images.ts';
import { runImage } from '../../test-instances.ts';
import { deregisterImage } from './DeregisterImage.ts';
import { describeImageAttribute } from './DescribeImageAttribute.ts';
import { describeImages } from './DescribeImages.ts';
import { disableImage } from './DisableImage.ts';
import { disableImageDeprecation } from './DisableImageDeprecation.ts';
import { disableImageDeregistrationProtection } from './DisableImageDeregistrationProtection.ts';
import { enableImage } from './EnableImage.ts';
import { enableImageDeprecation } from './EnableImageDeprecation.ts';
import { enableImageDeregistrationProtection } from './EnableImageDeregistrationProtection.ts';
import { modifyImageAttribute } from './ModifyImageAttribute.ts';
import { replaceImageInstanceTypeSpecification } from './ReplaceImageInstanceTypeSpecification.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const notFound = { code: 'InvalidAMIID.NotFound' };
const unavailable = { code: 'InvalidAMIID.Unavailable' };

let context: TestContext;
let image: ImageRow;
let named: { ImageId: string };
let friend: OperationContext;
beforeEach(async () => {
  context = await createTestContext();
  friend = await context.asNewAccount();
  image = await insertImage(context, { launchPermissions: [friend.caller.account, 'all'] });
  named = { ImageId: image.id };
});
afterEach(() => context[Symbol.asyncDispose]());

const shown = async (input: object = {}, as: OperationContext = context) =>
  (await describeImages.run(input, as)).Images ?? [];
const count = async (input: object = {}, as: OperationContext = context) =>
  (await shown(input, as)).length;
const pass = (ms: number) => {
  context.now = new Date(context.now.getTime() + ms);
};
const share = (UserId: string) =>
  modifyImageAttribute.run({ ...named, LaunchPermission: { Add: [{ UserId }] } }, context);

describe('a disabled image', () => {
  test('is nobody’s but its owner’s, is launched by nobody, and listed when that is asked for', async () => {
    assert.deepEqual(await disableImage.run(named, context), { Return: true });
    await disableImage.run(named, context);
    assert.equal(await count(), 0);
    assert.equal(await count({ ImageIds: [image.id] }), 0);
    const [row] = await shown({ IncludeDisabled: true });
    assert.deepEqual([row?.State, row?.Public], ['disabled', false]);
    const disabled = { Filters: [{ Name: 'state', Values: ['disabled'] }], IncludeDisabled: true };
    assert.equal(await count(disabled), 1);
    assert.equal(await count({ IncludeDisabled: true }, friend), 0);
    await assert.rejects(runImage(context, image), unavailable);
    await assert.rejects(runImage(friend, image), notFound);
    await assert.rejects(share(friend.caller.account), unavailable);
  });

  test('is available again when it is enabled, and shared with nobody', async () => {
    await disableImage.run(named, context);
    await enableImage.run(named, context);
    await enableImage.run(named, context);
    const [row] = await shown();
    assert.deepEqual([row?.State, row?.Public], ['available', false]);
    assert.equal(await count({}, friend), 0);
    await runImage(context, image);
    await share(friend.caller.account);
    assert.equal(await count({}, friend), 1);
  });

  test('can be deregistered', async () => {
    await disableImage.run(named, context);
    await deregisterImage.run(named, context);
    assert.equal(await count({ IncludeDisabled: true }), 0);
  });

  test('is one’s own, and was available before', async () => {
    const provided = await insertProviderImage(context);
    const pending = await insertImage(context, { state: 'pending' });
    for (const { run } of [disableImage, enableImage]) {
      await assert.rejects(run({ ImageId: provided.id }, context), { code: 'AuthFailure' });
      await assert.rejects(run({ ImageId: pending.id }, context), unavailable);
    }
  });
});

describe('a deprecated image', () => {
  const deprecate = (DeprecateAt: Date, ImageId = image.id) =>
    enableImageDeprecation.run({ ImageId, DeprecateAt }, context);
  const after = (ms: number) => new Date(context.now.getTime() + ms);

  test('leaves others’ lists at its time, and is still launched', async () => {
    await deprecate(after(hourMs));
    assert.equal(await count({}, friend), 1);
    pass(hourMs);
    assert.equal(await count({}, friend), 0);
    assert.equal(await count({ IncludeDeprecated: true }, friend), 1);
    assert.equal(await count({ ImageIds: [image.id] }, friend), 1, 'by its id');
    assert.equal(await count(), 1, 'its owner sees it');
    await runImage(friend, image);
    await disableImageDeprecation.run(named, context);
    assert.equal(await count({}, friend), 1);
    assert.equal((await shown())[0]?.DeprecationTime, undefined);
  });

  test('has a time that is rounded to the minute, not past and not too far', async () => {
    const time = async () => (await shown())[0]?.DeprecationTime;
    await deprecate(new Date('2026-11-23T10:59:30.000Z'));
    assert.equal(await time(), '2026-11-23T11:00:00.000Z');
    await deprecate(new Date('2026-11-23T11:00:29.000Z'));
    assert.equal(await time(), '2026-11-23T11:00:00.000Z');
    const refused = { code: 'InvalidParameterValue' };
    await assert.rejects(deprecate(after(-1000)), refused);
    // Two years for a public image, from its creation; ten for others.
    await deprecate(after(729 * dayMs));
    await assert.rejects(deprecate(after(732 * dayMs)), refused);
    const own = await insertImage(context);
    await deprecate(after(3651 * dayMs), own.id);
    await assert.rejects(deprecate(after(3654 * dayMs), own.id), refused);
    const provided = await insertProviderImage(context);
    await assert.rejects(deprecate(after(hourMs), provided.id), { code: 'AuthFailure' });
  });
});

describe('a protected image', () => {
  const protect = (WithCooldown?: boolean) =>
    enableImageDeregistrationProtection.run({ ...named, WithCooldown }, context);
  const unprotect = () => disableImageDeregistrationProtection.run(named, context);
  const deregister = () => deregisterImage.run(named, context);
  const refused = { code: 'OperationNotPermitted' };
  const protection = async () => {
    const Attribute = 'deregistrationProtection';
    const shape = await describeImageAttribute.run({ ...named, Attribute }, context);
    const value = shape.DeregistrationProtection?.Value;
    assert.equal((await shown())[0]?.DeregistrationProtection, value);
    return value;
  };

  test('is not deregistered until its protection is taken away', async () => {
    assert.equal(await protection(), 'disabled');
    assert.deepEqual(await protect(), { Return: 'true' });
    assert.equal(await protection(), 'enabled-without-cooldown');
    await assert.rejects(deregister(), refused);
    assert.deepEqual(await unprotect(), { Return: 'true' });
    assert.equal(await protection(), 'disabled');
    await deregister();
  });

  test('with a cooldown stays for a day after that, whatever is asked for meanwhile', async () => {
    await protect(true);
    assert.equal(await protection(), 'enabled-with-cooldown');
    await unprotect();
    await assert.rejects(deregister(), refused);
    pass(23 * hourMs);
    await unprotect();
    await assert.rejects(deregister(), refused);
    pass(hourMs);
    await deregister();
  });

  test('with a cooldown does not lose it to a protection without', async () => {
    await protect(true);
    await protect(false);
    await unprotect();
    await assert.rejects(deregister(), refused);
    await protect(true);
    await unprotect();
    pass(dayMs - 1);
    await assert.rejects(deregister(), refused);
    pass(1);
    await deregister();
  });
});

describe('an image for some instance types', () => {
  const specify = (SupportedInstanceTypes: string[], UnsupportedInstanceTypes: string[] = []) =>
    replaceImageInstanceTypeSpecification.run(
      { ...named, InstanceTypeSpecification: { SupportedInstanceTypes, UnsupportedInstanceTypes } },
      context,
    );
  const run = (InstanceType: string) => runImage(friend, image, { InstanceType });
  const refused = { code: 'InvalidParameterCombination' };

  test('is launched with those only', async () => {
    await specify(['t3.*'], ['t3.m*']);
    await run('t3.nano');
    await assert.rejects(run('t3.micro'), refused);
    await specify([], ['t3.nano']);
    await run('t3.micro');
    await assert.rejects(run('t3.nano'), refused);
    await specify(['t3.micro']);
    await assert.rejects(run('t3.nano'), refused);
    await replaceImageInstanceTypeSpecification.run(named, context);
    await run('t3.nano');
  });

  test('says so, and is found by it', async () => {
    await specify(['t3.*'], ['t3.nano']);
    const [row] = await shown();
    assert.deepEqual(row?.InstanceTypeSpecification, {
      SupportedInstanceTypes: [{ InstanceType: 't3.*' }],
      UnsupportedInstanceTypes: [{ InstanceType: 't3.nano' }],
    });
    const by = (list: string, value: string) =>
      count({
        Filters: [{ Name: `instance-type-specification.${list}-instance-type`, Values: [value] }],
      });
    assert.equal(await by('supported', 't3.[*]'), 0);
    assert.equal(await by('supported', 't3*'), 1);
    assert.equal(await by('unsupported', 't3.nano'), 1);
    assert.equal(await by('unsupported', 't3.micro'), 0);
  });

  test('has lists of EC2’s form', async () => {
    const many = Array.from({ length: 101 }, (_, number) => `t${number}.nano`);
    for (const list of [['t3.**'], [''], ['a'.repeat(25)], ['t3 nano'], ['t3.*', 't3.*'], many]) {
      await assert.rejects(specify(list), { code: 'InvalidParameterValue' }, list[0]);
    }
    await assert.rejects(specify(['t3.nano'], ['t3.nano']), { code: 'InvalidParameterValue' });
  });
});

test('an image tells its owner when it was last launched, to the hour', async () => {
  const time = async (as: OperationContext = context) => (await shown({}, as))[0]?.LastLaunchedTime;
  assert.equal(await time(), undefined);
  const first = context.now.toISOString();
  await runImage(friend, image);
  pass(hourMs - 1);
  await runImage(context, image);
  assert.equal(await time(), first);
  pass(1);
  await runImage(context, image);
  assert.equal(await time(), context.now.toISOString());
  assert.equal(await time(friend), undefined, 'others are not told');
  const Attribute = 'lastLaunchedTime';
  const shape = await describeImageAttribute.run({ ...named, Attribute }, context);
  assert.equal(shape.LastLaunchedTime?.Value, context.now.toISOString());
});
