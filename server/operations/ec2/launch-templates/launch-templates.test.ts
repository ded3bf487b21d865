import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { DescribeLaunchTemplatesRequest } from '../../../../api/generated/ec2-types.ts';
import { versionRowId } from '../../../catalog/rows/launch-template.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { addVersion, makeTemplate } from '../../test-launch-templates.ts';
import { createTags } from '../tags/CreateTags.ts';
import { describeTags } from '../tags/DescribeTags.ts';
import { createLaunchTemplate } from './CreateLaunchTemplate.ts';
import { deleteLaunchTemplate } from './DeleteLaunchTemplate.ts';
import { describeLaunchTemplates } from './DescribeLaunchTemplates.ts';
import { describeLaunchTemplateVersions } from './DescribeLaunchTemplateVersions.ts';
import { modifyLaunchTemplate } from './ModifyLaunchTemplate.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const create = (LaunchTemplateName: string, more = {}, as = context as never) =>
  createLaunchTemplate.run({ LaunchTemplateName, LaunchTemplateData: {}, ...more }, as);
async function names(request: DescribeLaunchTemplatesRequest = {}, as = context as never) {
  const { LaunchTemplates = [], NextToken } = await describeLaunchTemplates.run(request, as);
  return { names: LaunchTemplates.map((each) => each.LaunchTemplateName), NextToken };
}
const filtered = async (Name: string, ...Values: string[]) =>
  (await names({ Filters: [{ Name, Values }] })).names;

describe('CreateLaunchTemplate', () => {
  test('answers the template, whose only version is the default and the latest one', async () => {
    const tags = [{ Key: 'team', Value: 'web' }];
    const { LaunchTemplate, Warning } = await create('web', {
      VersionDescription: 'the first',
      LaunchTemplateData: { InstanceType: 't3.nano' },
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: tags }],
    });
    const { account } = context.caller;
    const { LaunchTemplateId: id, CreateTime, ...rest } = LaunchTemplate ?? {};
    assert.match(id ?? '', /^lt-[0-9a-f]{17}$/);
    assert.deepEqual(CreateTime, context.now);
    assert.deepEqual(rest, {
      LaunchTemplateName: 'web',
      CreatedBy: `arn:aws:iam::${account}:root`,
      DefaultVersionNumber: 1,
      LatestVersionNumber: 1,
      Operator: { Managed: false },
      Tags: tags,
    });
    assert.equal(Warning, undefined);
    const { LaunchTemplateVersions: versions } = await describeLaunchTemplateVersions.run(
      { LaunchTemplateId: id },
      context,
    );
    assert.equal(versions?.length, 1);
    assert.deepEqual(versions?.[0], {
      LaunchTemplateId: id,
      LaunchTemplateName: 'web',
      VersionNumber: 1,
      VersionDescription: 'the first',
      CreateTime: context.now,
      CreatedBy: `arn:aws:iam::${account}:root`,
      DefaultVersion: true,
      Operator: { Managed: false },
      LaunchTemplateData: { InstanceType: 't3.nano' },
    });
  });

  test('a name has EC2’s characters and is one’s own in the region', async () => {
    await create('a(b).c-d/e_f');
    for (const name of ['ab', 'a'.repeat(129), 'a b c', 'ä-web', '']) {
      await assert.rejects(
        create(name),
        { code: 'InvalidLaunchTemplateName.MalformedException' },
        name,
      );
    }
    await create('a'.repeat(128));
    await create('web');
    const taken = { code: 'InvalidLaunchTemplateName.AlreadyExistsException' };
    await assert.rejects(create('web'), taken);
    await create('web', {}, context.as({ region: 'eu-west-1' }) as never);
    await create('web', {}, (await context.asNewAccount()) as never);
  });

  test('its client token makes one template, and is refused with other parameters', async () => {
    const token = { ClientToken: 'x'.repeat(128) };
    const first = await create('web', token);
    assert.deepEqual(await create('web', token), first);
    await assert.rejects(create('other', token), { code: 'IdempotentParameterMismatch' });
    await assert.rejects(create('other', { ClientToken: 'x'.repeat(129) }), {
      code: 'InvalidParameterValue',
    });
    const { LaunchTemplateId } = first.LaunchTemplate ?? {};
    await deleteLaunchTemplate.run({ LaunchTemplateId }, context);
    await assert.rejects(create('web', token), { code: 'InvalidLaunchTemplateId.NotFound' });
  });

  test('a description has at most 255 characters', async () => {
    await create('long', { VersionDescription: 'x'.repeat(255) });
    await assert.rejects(create('longer', { VersionDescription: 'x'.repeat(256) }), {
      code: 'InvalidParameterValue',
    });
  });
});

test('an account has 5,000 templates in a region, and a template 10,000 versions', async () => {
  const LaunchTemplateId = await makeTemplate(context);
  await context.catalog.write(async ({ launchTemplates, launchTemplateVersions }) => {
    const template = await launchTemplates.get(LaunchTemplateId);
    const version = (await launchTemplateVersions.list())[0];
    assert.ok(template && version);
    for (let number = 2; number <= 4999; number++) {
      const id = context.ids.resource('lt');
      await launchTemplates.insert({ ...template, id, name: `template ${number}` });
    }
    for (let number = 2; number <= 10_000; number++) {
      const id = versionRowId(LaunchTemplateId, number);
      await launchTemplateVersions.insert({ ...version, id, number });
    }
  });
  await create('last');
  await assert.rejects(create('one-more'), { code: 'LaunchTemplateLimitExceeded' });
  await assert.rejects(addVersion(context, LaunchTemplateId, {}), {
    code: 'VersionLimitExceeded',
  });
});

describe('DescribeLaunchTemplates', () => {
  test('tells those of the account and region, or those that are asked for', async () => {
    const id = await makeTemplate(context);
    await create('batch');
    assert.deepEqual((await names()).names, ['web', 'batch']);
    assert.deepEqual((await names({ LaunchTemplateIds: [id] })).names, ['web']);
    assert.deepEqual((await names({ LaunchTemplateNames: ['batch'] })).names, ['batch']);
    const both = { LaunchTemplateIds: [id], LaunchTemplateNames: ['web', 'batch'] };
    assert.deepEqual((await names(both)).names, ['web', 'batch']);
    const elsewhere = context.as({ region: 'eu-west-1' }) as never;
    assert.deepEqual((await names({}, elsewhere)).names, []);
    const other = (await context.asNewAccount()) as never;
    for (const as of [elsewhere, other]) {
      await assert.rejects(names({ LaunchTemplateIds: [id] }, as), {
        code: 'InvalidLaunchTemplateId.NotFound',
      });
      await assert.rejects(names({ LaunchTemplateNames: ['web'] }, as), {
        code: 'InvalidLaunchTemplateName.NotFoundException',
      });
    }
    await assert.rejects(names({ LaunchTemplateIds: ['lt-1'] }), {
      code: 'InvalidLaunchTemplateId.Malformed',
    });
  });

  test('filters by name, time and tags', async () => {
    const id = await makeTemplate(context);
    context.now = new Date('2026-11-24T10:00:00.000Z');
    await create('batch');
    const Tags = [{ Key: 'team', Value: 'red' }];
    await createTags.run({ Resources: [id], Tags }, context);
    assert.deepEqual(await filtered('launch-template-name', 'w*'), ['web']);
    assert.deepEqual(await filtered('launch-template-name', 'batch', 'none'), ['batch']);
    assert.deepEqual(await filtered('create-time', '2026-11-24T*'), ['batch']);
    assert.deepEqual(await filtered('tag:team', 'red'), ['web']);
    assert.deepEqual(await filtered('tag-key', 'team'), ['web']);
    assert.deepEqual(await filtered('tag-key', 'other'), []);
    const described = await describeTags.run({}, context);
    assert.deepEqual(described.Tags, [
      { ResourceId: id, ResourceType: 'launch-template', Key: 'team', Value: 'red' },
    ]);
  });

  test('comes in pages of 1 to 200', async () => {
    for (const name of ['one', 'two', 'three']) await create(name);
    const first = await names({ MaxResults: 2 });
    assert.deepEqual(first.names, ['one', 'two']);
    const last = await names({ MaxResults: 2, NextToken: first.NextToken });
    assert.deepEqual(last, { names: ['three'], NextToken: undefined });
    const named = { LaunchTemplateNames: ['one', 'three'], MaxResults: 1 };
    const one = await names(named);
    assert.deepEqual(one.names, ['one']);
    assert.deepEqual((await names({ ...named, NextToken: one.NextToken })).names, ['three']);
    for (const MaxResults of [0, 201]) {
      await assert.rejects(names({ MaxResults }), { code: 'InvalidParameterValue' });
    }
  });
});

describe('ModifyLaunchTemplate', () => {
  const setDefault = (request: object) => modifyLaunchTemplate.run(request, context);

  test('makes another version the default one', async () => {
    const LaunchTemplateId = await makeTemplate(context);
    await addVersion(context, LaunchTemplateId, { InstanceType: 't3.nano' });
    const { LaunchTemplate } = await setDefault({ LaunchTemplateId, DefaultVersion: '2' });
    assert.equal(LaunchTemplate?.DefaultVersionNumber, 2);
    await setDefault({ LaunchTemplateName: 'web', DefaultVersion: '1' });
    await addVersion(context, LaunchTemplateId, { InstanceType: 't3.micro' });
    const latest = await setDefault({ LaunchTemplateId, DefaultVersion: '$Latest' });
    assert.equal(latest.LaunchTemplate?.DefaultVersionNumber, 3);
  });

  test('a repeated client token changes nothing again', async () => {
    const LaunchTemplateId = await makeTemplate(context);
    await addVersion(context, LaunchTemplateId, {});
    const change = { LaunchTemplateId, DefaultVersion: '2', ClientToken: 'once' };
    await setDefault(change);
    await setDefault({ LaunchTemplateId, DefaultVersion: '1' });
    const { LaunchTemplate } = await setDefault(change);
    assert.equal(LaunchTemplate?.DefaultVersionNumber, 1);
    await assert.rejects(setDefault({ ...change, DefaultVersion: '1' }), {
      code: 'IdempotentParameterMismatch',
    });
  });

  test('to a version that is there, of one template', async () => {
    const LaunchTemplateId = await makeTemplate(context);
    const refused: [request: object, code: string][] = [
      [{ LaunchTemplateId, DefaultVersion: '2' }, 'InvalidLaunchTemplateId.VersionNotFound'],
      [{ LaunchTemplateId, DefaultVersion: 'two' }, 'InvalidParameterValue'],
      [{ LaunchTemplateId }, 'MissingParameter'],
      [{ DefaultVersion: '1' }, 'MissingParameter'],
      [
        { LaunchTemplateId, LaunchTemplateName: 'web', DefaultVersion: '1' },
        'InvalidParameterCombination',
      ],
      [
        { LaunchTemplateName: 'none', DefaultVersion: '1' },
        'InvalidLaunchTemplateName.NotFoundException',
      ],
    ];
    for (const [request, code] of refused) await assert.rejects(setDefault(request), { code });
  });
});

test('DeleteLaunchTemplate takes its versions along, and its name is free', async () => {
  const LaunchTemplateId = await makeTemplate(context);
  for (let number = 2; number <= 201; number++) {
    await addVersion(context, LaunchTemplateId, { InstanceType: 't3.nano' });
  }
  const { LaunchTemplate } = await deleteLaunchTemplate.run({ LaunchTemplateId }, context);
  assert.equal(LaunchTemplate?.LaunchTemplateName, 'web');
  assert.equal(LaunchTemplate?.LatestVersionNumber, 201);
  const left = await context.catalog.read((reader) => reader.launchTemplateVersions.count());
  assert.equal(left, 0);
  await assert.rejects(deleteLaunchTemplate.run({ LaunchTemplateId }, context), {
    code: 'InvalidLaunchTemplateId.NotFound',
  });
  await create('web');
  const other = (await context.asNewAccount()) as never;
  await assert.rejects(deleteLaunchTemplate.run({ LaunchTemplateName: 'web' }, other), {
    code: 'InvalidLaunchTemplateName.NotFoundException',
  });
});
