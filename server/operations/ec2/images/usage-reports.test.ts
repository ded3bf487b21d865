/** Reports on images as they are ordered, shown, filtered and forgotten. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { CreateImageUsageReportRequest } from '../../../../api/generated/ec2-types.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, newReport } from '../../test-images.ts';
import { createTags } from '../tags/CreateTags.ts';
import { createImageUsageReport } from './CreateImageUsageReport.ts';
import { deleteImageUsageReport } from './DeleteImageUsageReport.ts';
import { describeImageUsageReportEntries } from './DescribeImageUsageReportEntries.ts';
import { describeImageUsageReports } from './DescribeImageUsageReports.ts';

const dayMs = 24 * 3_600_000;
let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

async function create(input: Partial<CreateImageUsageReportRequest> = {}): Promise<string> {
  const { ImageId = (await insertImage(context)).id } = input;
  const ResourceTypes = [{ ResourceType: 'ec2:Instance' }];
  const asked = { ResourceTypes, ...input, ImageId };
  return (await createImageUsageReport.run(asked, context)).ReportId ?? '';
}

const reports = async (input = {}) =>
  (await describeImageUsageReports.run(input, context)).ImageUsageReports ?? [];
const ids = async (input = {}) => (await reports(input)).map(({ ReportId }) => ReportId);

test('a report is pending as long as its task counts', async () => {
  const image = await insertImage(context);
  const id = await create({
    ImageId: image.id,
    ResourceTypes: [
      { ResourceType: 'ec2:Instance' },
      {
        ResourceType: 'ec2:LaunchTemplate',
        ResourceTypeOptions: [{ OptionName: 'version-depth', OptionValues: ['7'] }],
      },
    ],
    AccountIds: ['123456789012'],
    TagSpecifications: [{ ResourceType: 'image-usage-report', Tags: [{ Key: 'a', Value: 'b' }] }],
  });
  assert.match(id, /^amiur-/);
  assert.deepEqual(await reports({ ReportIds: [id] }), [
    {
      ReportId: id,
      ImageId: image.id,
      State: 'pending',
      StateReason: undefined,
      AccountIds: ['123456789012'],
      ResourceTypes: [
        { ResourceType: 'ec2:Instance', ResourceTypeOptions: undefined },
        {
          ResourceType: 'ec2:LaunchTemplate',
          ResourceTypeOptions: [{ OptionName: 'version-depth', OptionValues: ['7'] }],
        },
      ],
      CreationTime: context.now,
      ExpirationTime: new Date(context.now.getTime() + 30 * dayMs),
      Tags: [{ Key: 'a', Value: 'b' }],
    },
  ]);
  const tasks = await context.catalog.read((reader) => reader.tasks.list());
  assert.deepEqual(
    tasks.map(({ kind, subject }) => [kind, subject]),
    [['report-usage', id]],
  );
  assert.deepEqual(await deleteImageUsageReport.run({ ReportId: id }, context), { Return: true });
  await assert.rejects(ids({ ReportIds: [id] }), { code: 'InvalidImageUsageReportId.NotFound' });
});

test('with the same ClientToken it is the same report', async () => {
  const { id: ImageId } = await insertImage(context);
  const id = await create({ ImageId, ClientToken: 'once' });
  assert.equal(await create({ ImageId, ClientToken: 'once' }), id);
  await assert.rejects(create({ ImageId, ClientToken: 'once', AccountIds: ['123456789012'] }), {
    code: 'IdempotentParameterMismatch',
  });
});

test('what is refused', async () => {
  const wrong = { code: 'InvalidParameterValue' };
  const typed = (ResourceType: string, OptionName?: string) => ({
    ResourceTypes: [{ ResourceType, ...(OptionName && { ResourceTypeOptions: [{ OptionName }] }) }],
  });
  await assert.rejects(create({ ResourceTypes: [] }), { code: 'MissingParameter' });
  await assert.rejects(create(typed('ssm:Parameter')), wrong);
  await assert.rejects(create(typed('ec2:Instance', 'state-name')), wrong);
  await assert.rejects(create(typed('ec2:Instance', 'version-depth')), wrong);
  await assert.rejects(create({ AccountIds: ['12'] }), wrong);
  const many = Array.from({ length: 1001 }, () => '123456789012');
  await assert.rejects(create({ AccountIds: many }), wrong);
  const tagged = { ResourceType: 'image' as const, Tags: [{ Key: 'a', Value: 'b' }] };
  await assert.rejects(create({ TagSpecifications: [tagged] }), wrong);
});

test('they are found by image, state, time and tag, page by page, until they expire', async () => {
  const first = await newReport(context);
  const failed = await newReport(context, { state: 'error', stateReason: 'why' });
  await createTags.run({ Resources: [failed.id], Tags: [{ Key: 'k', Value: 'v' }] }, context);
  const by = (Name: string, ...Values: string[]) => ids({ Filters: [{ Name, Values }] });
  assert.deepEqual(await ids(), [first.id, failed.id]);
  assert.deepEqual(await ids({ ImageIds: [first.imageId] }), [first.id]);
  assert.deepEqual(await by('state', 'error'), [failed.id]);
  assert.deepEqual(await by('creation-time', `${first.createdAt.slice(0, 10)}*`), [
    first.id,
    failed.id,
  ]);
  assert.deepEqual(await by('creation-time', '2020*'), []);
  assert.deepEqual(await by('tag:k', 'v'), [failed.id]);
  assert.deepEqual(await by('tag-key', 'k'), [failed.id]);
  for (let count = 0; count < 4; count++) await newReport(context);
  const page = await describeImageUsageReports.run({ MaxResults: 5 }, context);
  assert.equal(page.ImageUsageReports?.length, 5);
  assert.equal((await reports({ MaxResults: 5, NextToken: page.NextToken })).length, 1);
  context.now = new Date(context.now.getTime() + 30 * dayMs);
  assert.deepEqual(await ids(), []);
  const expired = { code: 'InvalidImageUsageReportId.NotFound' };
  await assert.rejects(ids({ ReportIds: [first.id] }), expired);
  const id = await create();
  const left = await context.catalog.read((reader) => reader.imageUsageReports.list());
  assert.deepEqual(
    left.map((row) => row.id),
    [id],
  );
});

test('entries are one per account and kind of resource', async () => {
  const entry = (account: string, resourceType = 'ec2:Instance', count = 1) => ({
    account,
    resourceType,
    count,
  });
  const [a, b] = ['111111111111', '222222222222'];
  const entries = [entry(a, 'ec2:Instance', 3), entry(a, 'ec2:LaunchTemplate'), entry(b)];
  const report = await newReport(context, { entries });
  const other = await newReport(context, { entries: [entry(b)] });
  const list = async (input = {}) =>
    (await describeImageUsageReportEntries.run(input, context)).ImageUsageReportEntries ?? [];
  assert.deepEqual((await list({ ReportIds: [report.id] }))[0], {
    ReportId: report.id,
    ImageId: report.imageId,
    AccountId: a,
    ResourceType: 'ec2:Instance',
    UsageCount: 3,
    ReportCreationTime: new Date(report.createdAt),
  });
  const by = (Name: string, value: string) => list({ Filters: [{ Name, Values: [value] }] });
  const count = async (found: Promise<unknown[]>) => (await found).length;
  assert.equal(await count(list()), 4);
  assert.equal(await count(list({ ImageIds: [other.imageId] })), 1);
  assert.equal(await count(by('account-id', b)), 2);
  assert.equal(await count(by('resource-type', 'ec2:LaunchTemplate')), 1);
  assert.equal(await count(by('creation-time', '2020*')), 0);
  const many = Array.from({ length: 7 }, (_, index) => entry(`30000000000${index}`));
  const large = await newReport(context, { entries: many });
  const input = { ReportIds: [large.id], MaxResults: 5 };
  const { NextToken } = await describeImageUsageReportEntries.run(input, context);
  assert.equal(await count(list({ ...input, NextToken })), 2);
});
