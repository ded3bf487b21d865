/** What of other accounts names an image is counted by a task. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensureDefaultNetworks } from '../domain/networks.ts';
import { createImageUsageReport } from '../operations/ec2/images/CreateImageUsageReport.ts';
import { deleteImageUsageReport } from '../operations/ec2/images/DeleteImageUsageReport.ts';
import { describeImageUsageReportEntries } from '../operations/ec2/images/DescribeImageUsageReportEntries.ts';
import { describeImageUsageReports } from '../operations/ec2/images/DescribeImageUsageReports.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createLaunchTemplate } from '../operations/ec2/launch-templates/CreateLaunchTemplate.ts';
import { TestImago } from './test-imago.ts';

test('instances and templates of other accounts, by account', async () => {
  await using imago = await TestImago.start();
  const { account } = imago.caller;
  const { id: ImageId } = await imago.image({ account });
  const [friend, other] = ['333333333333', '444444444444'];
  const createdAt = new Date().toISOString();
  await imago.catalog.write(async ({ accounts }) => {
    for (const id of [friend, other]) await accounts.insert({ id, name: `a${id}`, createdAt });
  });
  await ensureDefaultNetworks(imago.catalog, [friend, other], imago.services);
  const as = (id: string) => ({
    ...imago.context(),
    caller: { ...imago.caller, account: id, operator: false },
  });
  const launch = (count: number) => ({ ImageId, MinCount: count, MaxCount: count });
  await runInstances.run(launch(2), as(friend));
  await runInstances.run(launch(1), as(other));
  await imago.call(runInstances, launch(1));
  const template = { LaunchTemplateName: 'web', LaunchTemplateData: { ImageId } };
  await createLaunchTemplate.run(template, as(friend));

  const ResourceTypes = ['ec2:Instance', 'ec2:LaunchTemplate', 'imagebuilder:ImageRecipe'].map(
    (ResourceType) => ({ ResourceType }),
  );
  const report = async (AccountIds?: string[]) => {
    const input = { ImageId, ResourceTypes, AccountIds };
    const { ReportId = '' } = await imago.call(createImageUsageReport, input);
    await imago.untilQuiet();
    const ReportIds = [ReportId];
    const { ImageUsageReports } = await imago.call(describeImageUsageReports, { ReportIds });
    assert.equal(ImageUsageReports?.[0]?.State, 'available');
    const answer = await imago.call(describeImageUsageReportEntries, { ReportIds });
    return (answer.ImageUsageReportEntries ?? []).map((each) => [
      each.AccountId,
      each.ResourceType,
      each.UsageCount,
    ]);
  };
  assert.deepEqual(await report(), [
    [friend, 'ec2:Instance', 2],
    [friend, 'ec2:LaunchTemplate', 1],
    [other, 'ec2:Instance', 1],
  ]);
  assert.deepEqual(await report([other]), [[other, 'ec2:Instance', 1]]);
});

test('one that is deleted before it is made comes to nothing', async () => {
  await using imago = await TestImago.start();
  const { id: ImageId } = await imago.image({ account: imago.caller.account });
  await imago.stopTasks();
  const ResourceTypes = [{ ResourceType: 'ec2:Instance' }];
  const { ReportId = '' } = await imago.call(createImageUsageReport, { ImageId, ResourceTypes });
  await imago.call(deleteImageUsageReport, { ReportId });
  await imago.restart();
  const [task] = await imago.untilQuiet();
  assert.equal(task?.state, 'succeeded');
  const left = await imago.catalog.read((reader) => reader.imageUsageReports.list());
  assert.deepEqual(left, []);
});
