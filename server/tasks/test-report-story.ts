/**
 * Faults in reports and checks of one image: each report is available or says why not, the check is
 * kept or its task failed, and when the fault is over both are made.
 */
import assert from 'node:assert/strict';
import { createImageUsageReport } from '../operations/ec2/images/CreateImageUsageReport.ts';
import { checkImage } from '../operations/imago/CheckImage.ts';
import { ofCatalog, type Story, timeLimits } from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const ResourceTypes = [{ ResourceType: 'ec2:Instance' }];

export const reportStory: Story = {
  // Each step writes once.
  calls: {
    'catalog write in count': ofCatalog('count', { of: 'others' }),
    'record of count': ofCatalog('count', { of: 'runner' }),
    'catalog write in check': ofCatalog('check', { of: 'others' }),
    'record of check': ofCatalog('check', { of: 'runner' }),
  },
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const { id: ImageId } = await imago.image({ account: imago.caller.account });
    await imago.restart({ ...fault.options, timeLimits });
    const orders = [
      () => imago.call(createImageUsageReport, { ImageId, ResourceTypes }),
      () => imago.call(checkImage, { ImageId }),
    ];
    for (const order of secondFirst ? orders.reverse() : orders) await order();
    await imago.untilQuiet();
    await assertRight(imago, ImageId);

    fault.end();
    await imago.restart();
    for (const order of orders) await order();
    const tasks = await imago.untilQuiet();
    const last = tasks.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0)).slice(-2);
    assert.deepEqual(
      last.map(({ state }) => state),
      ['succeeded', 'succeeded'],
    );
    await assertRight(imago, ImageId);
    return fault.happened();
  },
};

async function assertRight({ catalog }: TestImago, imageId: string): Promise<void> {
  const { reports, tasks, image } = await catalog.read(async (reader) => ({
    reports: await reader.imageUsageReports.list(),
    tasks: await reader.tasks.list(),
    image: await reader.images.get(imageId),
  }));
  for (const { kind, state, subject } of tasks) {
    const done = state === 'succeeded';
    if (kind === 'check-image') assert.ok(image?.scan || !done);
    else {
      const report = reports.find(({ id }) => id === subject);
      assert.ok(report && report.state !== 'pending');
      assert.ok(report.state === 'available' || !done);
    }
  }
}
