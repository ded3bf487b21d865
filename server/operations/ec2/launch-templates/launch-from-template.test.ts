import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type {
  RequestLaunchTemplateData,
  RunInstancesRequest,
} from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage } from '../../test-images.ts';
import { addVersion, makeTemplate, runTemplate } from '../../test-launch-templates.ts';
import { disableImage } from '../images/DisableImage.ts';
import { enableAllowedImagesSettings } from '../images/EnableAllowedImagesSettings.ts';
import { describeInstances } from '../instances/DescribeInstances.ts';
import { runInstances } from '../instances/RunInstances.ts';
import { deleteLaunchTemplateVersions } from './DeleteLaunchTemplateVersions.ts';
import { modifyLaunchTemplate } from './ModifyLaunchTemplate.ts';

let context: TestContext;
let image: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
});
afterEach(() => context[Symbol.asyncDispose]());

const template = (data: RequestLaunchTemplateData = {}) =>
  makeTemplate(context, { ImageId: image.id, InstanceType: 't3.nano', ...data });
const run = (id: string, more: Partial<RunInstancesRequest> = {}) => runTemplate(context, id, more);
async function typeOf(LaunchTemplateId: string, Version?: string) {
  return (await run(LaunchTemplateId, { LaunchTemplate: { LaunchTemplateId, Version } }))
    .instanceType;
}

describe('which version', () => {
  test('the default one, the latest or a numbered one, of a template by id or by name', async () => {
    const id = await template();
    await addVersion(context, id, { ImageId: image.id, InstanceType: 't3.micro' });
    await addVersion(context, id, { ImageId: image.id, InstanceType: 't3.small' });
    assert.equal(await typeOf(id), 't3.nano');
    assert.equal(await typeOf(id, ''), 't3.nano');
    assert.equal(await typeOf(id, '$Default'), 't3.nano');
    assert.equal(await typeOf(id, '$Latest'), 't3.small');
    assert.equal(await typeOf(id, '2'), 't3.micro');
    await modifyLaunchTemplate.run({ LaunchTemplateId: id, DefaultVersion: '2' }, context);
    const byName = { LaunchTemplateName: 'web' };
    assert.equal((await run('', { LaunchTemplate: byName })).instanceType, 't3.micro');
    const Versions = ['3'];
    await deleteLaunchTemplateVersions.run({ LaunchTemplateId: id, Versions }, context);
    assert.equal(await typeOf(id, '$Latest'), 't3.micro');
    await assert.rejects(typeOf(id, '3'), { code: 'InvalidLaunchTemplateId.VersionNotFound' });
  });

  test('is named by tags of the instances', async () => {
    const id = await template();
    await addVersion(context, id, { ImageId: image.id });
    const launched = await run(id, {
      LaunchTemplate: { LaunchTemplateId: id, Version: '$Latest' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }],
    });
    assert.deepEqual(launched.tags, {
      a: 'b',
      'aws:ec2launchtemplate:id': id,
      'aws:ec2launchtemplate:version': '2',
    });
    const filter = { Name: 'tag:aws:ec2launchtemplate:id', Values: [id] };
    const found = await describeInstances.run({ Filters: [filter] }, context);
    assert.equal(found.Reservations?.[0]?.Instances?.[0]?.InstanceId, launched.id);
  });

  test('of one template that is the caller’s', async () => {
    const id = await template();
    const refused: [LaunchTemplate: object, code: string][] = [
      [{ LaunchTemplateId: 'lt-0123456789abcdef0' }, 'InvalidLaunchTemplateId.NotFound'],
      [{ LaunchTemplateId: 'web' }, 'InvalidLaunchTemplateId.Malformed'],
      [{ LaunchTemplateName: 'other' }, 'InvalidLaunchTemplateName.NotFoundException'],
      [{ LaunchTemplateId: id, LaunchTemplateName: 'web' }, 'InvalidParameterCombination'],
      [{ Version: '1' }, 'MissingParameter'],
      [{ LaunchTemplateId: id, Version: 'newest' }, 'InvalidParameterValue'],
    ];
    for (const [LaunchTemplate, code] of refused) {
      await assert.rejects(run(id, { LaunchTemplate }), { code });
    }
    const other = await context.asNewAccount();
    const request = { MinCount: 1, MaxCount: 1, LaunchTemplate: { LaunchTemplateId: id } };
    await assert.rejects(runInstances.run(request, other), {
      code: 'InvalidLaunchTemplateId.NotFound',
    });
  });

  test('a client token holds across a new version', async () => {
    const id = await template();
    const LaunchTemplate = { LaunchTemplateId: id, Version: '$Latest' };
    const launched = await run(id, { LaunchTemplate, ClientToken: 'once' });
    await addVersion(context, id, { ImageId: image.id, InstanceType: 't3.micro' });
    assert.deepEqual(await run(id, { LaunchTemplate, ClientToken: 'once' }), launched);
    const pinned = { LaunchTemplateId: id, Version: '1' };
    await assert.rejects(run(id, { LaunchTemplate: pinned, ClientToken: 'once' }), {
      code: 'IdempotentParameterMismatch',
    });
  });
});

test('what an image may not be launched for, it may not through a template', async () => {
  const own = await insertImage(context);
  const hidden = await insertImage(await context.asNewAccount());
  const id = await template({ ImageId: own.id });
  await disableImage.run({ ImageId: own.id }, context);
  await assert.rejects(run(id), { code: 'InvalidAMIID.Unavailable' });
  await assert.rejects(run(id, { ImageId: hidden.id }), { code: 'InvalidAMIID.NotFound' });
  await run(id, { ImageId: image.id });
  const request = { AllowedImagesSettingsState: 'enabled' };
  await enableAllowedImagesSettings.run(request, context);
  await assert.rejects(run(id, { ImageId: image.id }), { code: 'InvalidAMIID.NotFound' });
});
