import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type {
  CreateLaunchTemplateVersionRequest,
  DescribeLaunchTemplateVersionsRequest,
} from '../../../../api/generated/ec2-types.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { addVersion, makeTemplate } from '../../test-launch-templates.ts';
import { createLaunchTemplateVersion } from './CreateLaunchTemplateVersion.ts';
import { deleteLaunchTemplateVersions } from './DeleteLaunchTemplateVersions.ts';
import { describeLaunchTemplates } from './DescribeLaunchTemplates.ts';
import { describeLaunchTemplateVersions } from './DescribeLaunchTemplateVersions.ts';
import { modifyLaunchTemplate } from './ModifyLaunchTemplate.ts';

let context: TestContext;
let id: string;
beforeEach(async () => {
  context = await createTestContext();
  id = await makeTemplate(context, { InstanceType: 't3.nano' });
});
afterEach(() => context[Symbol.asyncDispose]());

const add = (more: Partial<CreateLaunchTemplateVersionRequest>) =>
  createLaunchTemplateVersion.run(
    { LaunchTemplateId: id, LaunchTemplateData: {}, ...more },
    context,
  );
const describeVersions = (request: DescribeLaunchTemplateVersionsRequest, as = context as never) =>
  describeLaunchTemplateVersions.run(request, as);
async function numbers(request: DescribeLaunchTemplateVersionsRequest = { LaunchTemplateId: id }) {
  const { LaunchTemplateVersions: versions = [] } = await describeVersions(request);
  return versions.map(({ VersionNumber }) => VersionNumber);
}
async function dataOf(version: string) {
  const request = { LaunchTemplateId: id, Versions: [version] };
  const { LaunchTemplateVersions: versions } = await describeVersions(request);
  return versions?.[0]?.LaunchTemplateData;
}
const remove = async (...Versions: string[]) => {
  const request = { LaunchTemplateId: id, Versions };
  const answer = await deleteLaunchTemplateVersions.run(request, context);
  const { SuccessfullyDeletedLaunchTemplateVersions: gone = [] } = answer;
  const { UnsuccessfullyDeletedLaunchTemplateVersions: kept = [] } = answer;
  return {
    gone: gone.map(({ VersionNumber }) => VersionNumber),
    kept: kept.map(({ VersionNumber, ResponseError }) => `${VersionNumber} ${ResponseError?.Code}`),
  };
};

describe('CreateLaunchTemplateVersion', () => {
  test('numbers versions in order and never gives a number twice', async () => {
    const { LaunchTemplateVersion } = await add({ VersionDescription: 'more' });
    assert.equal(LaunchTemplateVersion?.VersionNumber, 2);
    assert.equal(LaunchTemplateVersion?.VersionDescription, 'more');
    assert.equal(LaunchTemplateVersion?.DefaultVersion, false);
    await add({ LaunchTemplateId: undefined, LaunchTemplateName: 'web' });
    await remove('3');
    const again = await add({});
    assert.equal(again.LaunchTemplateVersion?.VersionNumber, 4);
  });

  test('starts with nothing, or with all that another version says but its snapshots', async () => {
    const snapshot = 'snap-0123456789abcdef0';
    const disk = { DeviceName: '/dev/sdf', Ebs: { SnapshotId: snapshot, VolumeSize: 9 } };
    const UserData = Buffer.from('#!/bin/sh').toString('base64');
    const LaunchTemplateData = { BlockDeviceMappings: [disk], UserData, KeyName: 'mine' };
    await add({ LaunchTemplateData });
    await add({ LaunchTemplateData: { InstanceType: 't3.micro' } });
    assert.deepEqual(await dataOf('3'), { InstanceType: 't3.micro' });
    await add({ SourceVersion: '2', LaunchTemplateData: { KeyName: 'yours' } });
    assert.deepEqual(await dataOf('4'), {
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 9 } }],
      UserData,
      KeyName: 'yours',
    });
    await add({ SourceVersion: '$Default', LaunchTemplateData: { BlockDeviceMappings: [disk] } });
    assert.deepEqual(await dataOf('5'), {
      InstanceType: 't3.nano',
      BlockDeviceMappings: [disk],
    });
    await add({ SourceVersion: '$Latest' });
    assert.deepEqual((await dataOf('6'))?.InstanceType, 't3.nano');
    await assert.rejects(add({ SourceVersion: '99' }), {
      code: 'InvalidLaunchTemplateId.VersionNotFound',
    });
  });

  test('its client token makes one version', async () => {
    const request = { LaunchTemplateData: { KeyName: 'k' }, ClientToken: 'once' };
    const first = await add(request);
    assert.deepEqual(await add(request), first);
    assert.deepEqual(await numbers(), [2, 1]);
    await assert.rejects(add({ ...request, VersionDescription: 'x' }), {
      code: 'IdempotentParameterMismatch',
    });
    await remove('2');
    await assert.rejects(add(request), { code: 'InvalidLaunchTemplateId.VersionNotFound' });
  });
});

describe('DescribeLaunchTemplateVersions', () => {
  beforeEach(async () => {
    for (const InstanceType of ['t3.micro', 't3.small', 't3.medium']) {
      await addVersion(context, id, { InstanceType, EbsOptimized: false });
    }
  });
  const of = (more: DescribeLaunchTemplateVersionsRequest) =>
    numbers({ LaunchTemplateId: id, ...more });

  test('newest first; those that are asked for, each once', async () => {
    assert.deepEqual(await numbers(), [4, 3, 2, 1]);
    assert.deepEqual(await numbers({ LaunchTemplateName: 'web' }), [4, 3, 2, 1]);
    assert.deepEqual(await of({ Versions: ['1', '3'] }), [3, 1]);
    assert.deepEqual(await of({ Versions: ['$Latest', '$Default', '1'] }), [4, 1]);
    await assert.rejects(of({ Versions: ['1', '5'] }), {
      code: 'InvalidLaunchTemplateId.VersionNotFound',
      message: `Could not find the specified version 5 for the launch template with ID ${id}.`,
    });
    for (const version of ['0', '-1', 'one', '1.5', '$latest']) {
      await assert.rejects(of({ Versions: [version] }), { code: 'InvalidParameterValue' });
    }
  });

  test('from one version to another', async () => {
    assert.deepEqual(await of({ MinVersion: '3' }), [4, 3]);
    assert.deepEqual(await of({ MaxVersion: '2' }), [2, 1]);
    assert.deepEqual(await of({ MinVersion: '2', MaxVersion: '3' }), [3, 2]);
  });

  test('the latest and the default ones of all templates', async () => {
    const other = await makeTemplate(context, {}, { LaunchTemplateName: 'other' });
    await addVersion(context, other, { KeyName: 'k' });
    const all = async (request: DescribeLaunchTemplateVersionsRequest) => {
      const { LaunchTemplateVersions = [], NextToken } = await describeVersions(request);
      const found = LaunchTemplateVersions.map(
        (each) => `${each.LaunchTemplateName} ${each.VersionNumber}`,
      );
      return { found, NextToken };
    };
    const found = async (...Versions: string[]) => (await all({ Versions })).found;
    assert.deepEqual(await found('$Latest'), ['web 4', 'other 2']);
    assert.deepEqual(await found('$Default'), ['web 1', 'other 1']);
    const both = ['web 4', 'web 1', 'other 2', 'other 1'];
    assert.deepEqual(await found('$Default', '$Latest'), both);
    const pages: string[] = [];
    for (let NextToken: string | undefined, begun = false; !begun || NextToken; begun = true) {
      const page = await all({ Versions: ['$Default', '$Latest'], MaxResults: 1, NextToken });
      pages.push(...page.found);
      NextToken = page.NextToken;
    }
    assert.deepEqual(pages, both);
    const elsewhere = await context.asNewAccount();
    const theirs = await describeVersions({ Versions: ['$Latest'] }, elsewhere as never);
    assert.deepEqual(theirs.LaunchTemplateVersions, []);
    await assert.rejects(found('1'), { code: 'InvalidParameterCombination' });
    await assert.rejects(all({}), { code: 'MissingParameter' });
    await assert.rejects(all({ Versions: ['$Latest'], MinVersion: '2' }), {
      code: 'InvalidParameterCombination',
    });
  });

  test('in pages', async () => {
    const first = await describeVersions({ LaunchTemplateId: id, MaxResults: 3 });
    assert.deepEqual(
      first.LaunchTemplateVersions?.map(({ VersionNumber }) => VersionNumber),
      [4, 3, 2],
    );
    assert.deepEqual(await of({ MaxResults: 3, NextToken: first.NextToken }), [1]);
    const named = { Versions: ['1', '2', '4'], MaxResults: 2 };
    const { NextToken } = await describeVersions({ LaunchTemplateId: id, ...named });
    assert.deepEqual(await of({ ...named, NextToken }), [1]);
  });

  test('by filters', async () => {
    await addVersion(context, id, {
      ImageId: 'ami-0123456789abcdef0',
      MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled' },
      NetworkInterfaces: [{ DeviceIndex: 0, NetworkCardIndex: 0 }],
    });
    const where = (Name: string, ...Values: string[]) => of({ Filters: [{ Name, Values }] });
    assert.deepEqual(await where('instance-type', 't3.m*'), [4, 2]);
    assert.deepEqual(await where('is-default-version', 'true'), [1]);
    assert.deepEqual(await where('ebs-optimized', 'false'), [4, 3, 2]);
    assert.deepEqual(await where('image-id', 'ami-0123456789abcdef0'), [5]);
    assert.deepEqual(await where('http-tokens', 'required'), [5]);
    assert.deepEqual(await where('http-endpoint', 'enabled'), [5]);
    assert.deepEqual(await where('http-protocol-ipv4', 'enabled'), [5]);
    assert.deepEqual(await where('network-card-index', '0'), [5]);
    assert.deepEqual((await where('create-time', '2026-*')).length, 5);
    assert.deepEqual(await where('kernel-id', '*'), []);
  });
});

describe('DeleteLaunchTemplateVersions', () => {
  test('says of each version whether it is gone; the default one stays', async () => {
    for (const KeyName of ['a', 'b', 'c']) await addVersion(context, id, { KeyName });
    assert.deepEqual(await remove('1', '2', '9', '2'), {
      gone: [2],
      kept: ['1 unexpectedError', '9 launchTemplateVersionDoesNotExist'],
    });
    assert.deepEqual(await numbers(), [4, 3, 1]);
    await modifyLaunchTemplate.run({ LaunchTemplateId: id, DefaultVersion: '3' }, context);
    assert.deepEqual(await remove('1'), { gone: [1], kept: [] });
  });

  test('the latest version is the newest of those that are left', async () => {
    for (const KeyName of ['a', 'b']) await addVersion(context, id, { KeyName });
    await remove('3');
    const { LaunchTemplates } = await describeLaunchTemplates.run({}, context);
    assert.equal(LaunchTemplates?.[0]?.LatestVersionNumber, 2);
    assert.deepEqual(await numbers({ LaunchTemplateId: id, Versions: ['$Latest'] }), [2]);
  });

  test('at most 200 of them, by number, of a template that is there', async () => {
    const many = Array.from({ length: 201 }, (_, index) => String(index + 1));
    await assert.rejects(remove(...many), { code: 'InvalidParameterValue' });
    await assert.rejects(remove('$Latest'), { code: 'InvalidParameterValue' });
    const other = { LaunchTemplateName: 'none', Versions: ['1'] };
    await assert.rejects(deleteLaunchTemplateVersions.run(other, context), {
      code: 'InvalidLaunchTemplateName.NotFoundException',
    });
  });
});
