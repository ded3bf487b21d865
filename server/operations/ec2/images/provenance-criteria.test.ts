/** Allowed images by their watermarks and by what their last check found. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ImageCriterionRequest } from '../../../../api/generated/ec2-types.ts';
import type { ImageRow, Severity } from '../../../catalog/rows/image.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { describeImages } from './DescribeImages.ts';
import { enableAllowedImagesSettings } from './EnableAllowedImagesSettings.ts';
import { getAllowedImagesSettings } from './GetAllowedImagesSettings.ts';
import { replaceImageCriteriaInAllowedImagesSettings } from './ReplaceImageCriteriaInAllowedImagesSettings.ts';

const dayMs = 24 * 3_600_000;
let context: TestContext;
let id: string;
beforeEach(async () => {
  context = await createTestContext();
  await enableAllowedImagesSettings.run({ AllowedImagesSettingsState: 'audit-mode' }, context);
  id = (await insertProviderImage(context)).id;
});
afterEach(() => context[Symbol.asyncDispose]());

const criteria = (...ImageCriteria: ImageCriterionRequest[]) =>
  replaceImageCriteriaInAllowedImagesSettings.run({ ImageCriteria }, context);

async function allowed(criterion: ImageCriterionRequest): Promise<boolean | undefined> {
  await criteria(criterion);
  return (await describeImages.run({ ImageIds: [id] }, context)).Images?.[0]?.ImageAllowed;
}

const change = (changed: Partial<ImageRow>) =>
  context.catalog.write(async ({ images }) => {
    const row = await images.get(id);
    if (row) await images.update({ ...row, ...changed });
  });
const ago = (days: number) => new Date(context.now.getTime() - days * dayMs).toISOString();

test('one watermark meets all that one filter says', async () => {
  const mark = (key: string, created: number, attached: number, region = 'us-east-1') => ({
    key,
    sourceImageId: 'ami-1',
    sourceImageRegion: region,
    sourceImageCreatedAt: ago(created),
    attachedAt: ago(attached),
  });
  const marked = (...ImageWatermarks: NonNullable<ImageCriterionRequest['ImageWatermarks']>) =>
    allowed({ ImageWatermarks });
  const key = { WatermarkKey: '*:approved' };
  assert.equal(await marked(key), false);
  await change({
    watermarks: [
      mark('111111111111:approved', 30, 2),
      mark('111111111111:tested', 1, 1, 'eu-west-1'),
    ],
  });
  assert.equal(await marked(key), true);
  assert.equal(await marked({ WatermarkKey: '2*' }), false);
  assert.equal(await marked({ WatermarkKey: '2*' }, key), true);
  assert.equal(await marked({ ...key, MaximumDaysSinceWatermarkCreated: 2 }), true);
  assert.equal(await marked({ ...key, MaximumDaysSinceWatermarkCreated: 1 }), false);
  assert.equal(await marked({ ...key, MaximumDaysSinceSourceImageCreated: 29 }), false);
  assert.equal(await marked({ SourceImageRegion: 'eu-*' }), true);
  assert.equal(await marked({ ...key, SourceImageRegion: 'eu-*' }), false);
});

test('only what was checked, and how it came out', async () => {
  const scanned = (ScanResultCondition: ImageCriterionRequest['ScanResultCondition']) =>
    allowed({ ScanResultCondition });
  assert.equal(await scanned({ MaximumSeverityLabel: 'critical' }), false);
  await change({ scan: { scannedAt: ago(3), findings: [] } });
  assert.equal(await scanned({ MaximumSeverityLabel: 'informational' }), true);
  assert.equal(await scanned({ MaxDaysSinceLastFindingScan: 3 }), true);
  assert.equal(await scanned({ MaxDaysSinceLastFindingScan: 2 }), false);
  const finding = (severity: Severity, days: number) => ({
    check: severity,
    title: '',
    advice: '',
    severity,
    paths: [],
    snapshotId: 'snap-1',
    firstObservedAt: ago(days),
  });
  const findings = [finding('medium', 2), finding('medium', 9), finding('low', 20)];
  await change({ scan: { scannedAt: ago(1), findings } });
  assert.equal(await scanned({ MaximumSeverityLabel: 'medium' }), true);
  assert.equal(await scanned({ MaximumSeverityLabel: 'low' }), false);
  assert.equal(await scanned({ MaxDaysSinceMediumFixAvailable: 9 }), true);
  assert.equal(await scanned({ MaxDaysSinceMediumFixAvailable: 8 }), false);
  assert.equal(await scanned({ MaxDaysSinceLowFixAvailable: 19 }), false);
  const others = {
    MaxDaysSinceInformationalFixAvailable: 0,
    MaxDaysSinceHighFixAvailable: 0,
    MaxDaysSinceCriticalFixAvailable: 0,
  };
  assert.equal(await scanned(others), true);
});

test('they are told as they were set, and values that cannot be are refused', async () => {
  const set = [
    { ImageWatermarks: [{ WatermarkKey: '*:a', MaximumDaysSinceWatermarkCreated: 1 }] },
    { ScanResultCondition: { MaximumSeverityLabel: 'low', MaxDaysSinceHighFixAvailable: 0 } },
  ];
  await criteria(...set);
  const { ImageCriteria } = await getAllowedImagesSettings.run({}, context);
  assert.deepEqual(JSON.parse(JSON.stringify(ImageCriteria)), set);
  for (const wrong of [
    { ScanResultCondition: { MaximumSeverityLabel: 'bad' } },
    { ScanResultCondition: { MaxDaysSinceLowFixAvailable: -1 } },
    { ImageWatermarks: [{ MaximumDaysSinceSourceImageCreated: -1 }] },
    { ImageWatermarks: Array.from({ length: 51 }, () => ({ WatermarkKey: '*' })) },
  ]) {
    await assert.rejects(criteria(wrong), { code: 'InvalidParameterValue' }, JSON.stringify(wrong));
  }
});
