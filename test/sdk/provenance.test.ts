/** Watermarks, ancestry, references, usage reports and findings by the official SDK. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AttachImageWatermarkCommand,
  CopyImageCommand,
  CreateImageUsageReportCommand,
  DeleteImageUsageReportCommand,
  DescribeImageReferencesCommand,
  DescribeImagesCommand,
  DescribeImageUsageReportEntriesCommand,
  DescribeImageUsageReportsCommand,
  DetachImageWatermarkCommand,
  type EC2Client,
  GetImageAncestryCommand,
  GetImageFindingsCommand,
  RunInstancesCommand,
  waitUntilImageAvailable,
  waitUntilImageUsageReportAvailable,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let provided: string;
let own: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
  provided = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
  own = await copy(provided, 'own');
});
after(async () => {
  await imago?.dispose();
});

async function copy(SourceImageId: string, Name: string): Promise<string> {
  const input = { SourceImageId, Name, SourceRegion: 'us-east-1' };
  const { ImageId = '' } = await ec2.send(new CopyImageCommand(input));
  await waitUntilImageAvailable(
    { client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 30 },
    { ImageIds: [ImageId] },
  );
  return ImageId;
}

test('a watermark goes on to a copy, whose ancestry is told', async () => {
  const attach = { ImageId: own, WatermarkName: 'approved' };
  const { WatermarkKey } = await ec2.send(new AttachImageWatermarkCommand(attach));
  const copied = await copy(own, 'copied');
  const detach = new DetachImageWatermarkCommand({ ImageId: own, WatermarkKey });
  assert.equal((await ec2.send(detach)).Return, true);
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [copied] }));
  const [mark] = Images[0]?.ImageWatermarks ?? [];
  assert.deepEqual([mark?.WatermarkKey, mark?.SourceImageId], [WatermarkKey, own]);
  assert.ok(mark?.WatermarkCreationTime instanceof Date);
  const { ImageAncestryEntries } = await ec2.send(new GetImageAncestryCommand({ ImageId: copied }));
  assert.deepEqual(
    ImageAncestryEntries?.map(({ ImageId }) => ImageId),
    [copied, own, provided],
  );
  const findings = await ec2.send(new GetImageFindingsCommand({ ImageId: own }));
  assert.deepEqual(findings.ImageFindings, []);
});

test('references of one’s own, and a report on others', async () => {
  const launch = { ImageId: own, MinCount: 1, MaxCount: 1 };
  const { Instances = [] } = await ec2.send(new RunInstancesCommand(launch));
  const { ImageReferences = [] } = await ec2.send(
    new DescribeImageReferencesCommand({ ImageIds: [own], IncludeAllResourceTypes: true }),
  );
  assert.match(ImageReferences[0]?.Arn ?? '', new RegExp(`/${Instances[0]?.InstanceId}$`));
  const ResourceTypes = [{ ResourceType: 'ec2:Instance' }];
  const asked = { ImageId: own, ResourceTypes };
  const { ReportId = '' } = await ec2.send(new CreateImageUsageReportCommand(asked));
  const ReportIds = [ReportId];
  await waitUntilImageUsageReportAvailable(
    { client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 30 },
    { ReportIds },
  );
  const reports = await ec2.send(new DescribeImageUsageReportsCommand({ ReportIds }));
  assert.deepEqual(
    reports.ImageUsageReports?.map(({ ImageId, State }) => [ImageId, State]),
    [[own, 'available']],
  );
  const entries = await ec2.send(new DescribeImageUsageReportEntriesCommand({ ReportIds }));
  assert.deepEqual(entries.ImageUsageReportEntries, []);
  const deleted = await ec2.send(new DeleteImageUsageReportCommand({ ReportId }));
  assert.equal(deleted.Return, true);
});
