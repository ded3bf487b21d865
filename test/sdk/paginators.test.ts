/**
 * Each paginator of the official clients whose action is offered, over a list that is longer than a
 * page where it can be: the same ids as in one answer, each once, and an end.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as client from '@aws-sdk/client-ec2';
import { services } from '../../server/operations/generated/tables.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

type Paginate = (
  config: { client: client.EC2Client; pageSize: number },
  input: object,
) => AsyncGenerator<Record<string, unknown>>;

const { operations } = services.find(({ model }) => model.service === 'ec2') ?? assert.fail();
/** What an action wants named. */
const inputs: Record<string, () => object> = {
  DescribeImageReferences: () => ({ ImageIds: [imageId], IncludeAllResourceTypes: true }),
  DescribeLaunchTemplateVersions: () => ({ LaunchTemplateName: 'pages' }),
  GetImageFindings: () => ({ ImageId: imageId }),
};
/** The most that each of them takes. */
const longPage = 50;
const exported = new Map(Object.entries(client) as [string, unknown][]);
const paginators = Object.keys(operations).filter((action) => exported.has(`paginate${action}`));

let imago: ImagoProcess;
let ec2: client.EC2Client;
let imageId: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  imageId = ImageId;
  const LaunchTemplateData = { ImageId, InstanceType: 't3.nano' as const };
  const LaunchTemplateName = 'pages';
  await ec2.send(
    new client.CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData }),
  );
  for (let version = 2; version <= 7; version++) {
    await ec2.send(
      new client.CreateLaunchTemplateVersionCommand({ LaunchTemplateName, LaunchTemplateData }),
    );
  }
  const LaunchTemplate = { LaunchTemplateName };
  for (let launched = 0; launched < 7; launched++) {
    await ec2.send(new client.RunInstancesCommand({ LaunchTemplate, MinCount: 1, MaxCount: 1 }));
  }
});
after(async () => {
  await imago?.dispose();
});

test('there are paginators to try', () => {
  assert.ok(paginators.length > 15, paginators.join(' '));
});

for (const action of paginators) {
  test(`paginate${action}`, async () => {
    const paginate = exported.get(`paginate${action}`) as Paginate;
    const collect = async (pageSize: number) => {
      const entries: string[] = [];
      let pages = 0;
      for await (const page of paginate({ client: ec2, pageSize }, inputs[action]?.() ?? {})) {
        pages += 1;
        const list = Object.values(page).find((value) => Array.isArray(value)) ?? [];
        entries.push(...list.map((entry: unknown) => JSON.stringify(entry)));
      }
      return { entries, pages };
    };
    const long = await collect(longPage);
    const parts = await collect(5);
    assert.deepEqual(parts.entries, long.entries);
    assert.equal(parts.pages >= Math.ceil(long.entries.length / 5), true, `${parts.pages} pages`);
  });
}
