/** Allowed AMIs: three states, the criteria, and what they hide from lists and launches. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ImageCriterionRequest } from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage } from '../../test-images.ts';
import { runImage } from '../../test-instances.ts';
import { describeImages } from './DescribeImages.ts';
import { disableAllowedImagesSettings } from './DisableAllowedImagesSettings.ts';
import { enableAllowedImagesSettings } from './EnableAllowedImagesSettings.ts';
import { getAllowedImagesSettings } from './GetAllowedImagesSettings.ts';
import { replaceImageCriteriaInAllowedImagesSettings } from './ReplaceImageCriteriaInAllowedImagesSettings.ts';

const dayMs = 24 * 3_600_000;

let context: TestContext;
let own: ImageRow;
let provided: ImageRow;
let foreign: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  own = await insertImage(context, { name: 'own' });
  provided = await insertProviderImage(context, { name: 'debian-12-amd64' });
  const vendor = await context.asNewAccount();
  foreign = await insertImage(vendor, { name: 'vendor’s', launchPermissions: ['all'] });
});
afterEach(() => context[Symbol.asyncDispose]());

const state = (AllowedImagesSettingsState: string) =>
  enableAllowedImagesSettings.run({ AllowedImagesSettingsState }, context);
const criteria = (...ImageCriteria: ImageCriterionRequest[]) =>
  replaceImageCriteriaInAllowedImagesSettings.run({ ImageCriteria }, context);
const shown = async (input: object = {}, as: OperationContext = context) =>
  (await describeImages.run(input, as)).Images ?? [];
const ids = async (input: object = {}, as: OperationContext = context) =>
  (await shown(input, as)).map(({ ImageId }) => ImageId);
const verdicts = async () => (await shown()).map(({ ImageAllowed }) => ImageAllowed);
const pass = (ms: number) => {
  context.now = new Date(context.now.getTime() + ms);
};

test('in audit mode images say whether they are allowed, and all are shown and launched', async () => {
  assert.deepEqual(await verdicts(), [undefined, undefined, undefined]);
  await criteria({ ImageProviders: ['amazon'] });
  assert.deepEqual(await verdicts(), [undefined, undefined, undefined], 'without a state');
  const answer = { AllowedImagesSettingsState: 'audit-mode' };
  assert.deepEqual(await state('audit-mode'), answer);
  assert.deepEqual(await verdicts(), [true, true, false]);
  const filter = (value: string) => ({ Filters: [{ Name: 'image-allowed', Values: [value] }] });
  assert.deepEqual(await ids(filter('false')), [foreign.id]);
  assert.deepEqual(await ids(filter('true')), [own.id, provided.id]);
  await runImage(context, foreign);
});

test('once enabled others’ images beside the criteria are neither shown nor launched', async () => {
  await criteria({ ImageProviders: ['amazon'] });
  await state('enabled');
  assert.deepEqual(await ids(), [own.id, provided.id]);
  assert.deepEqual(await verdicts(), [true, true]);
  assert.deepEqual(await ids({ ImageIds: [foreign.id, own.id] }), [own.id]);
  await assert.rejects(runImage(context, foreign), { code: 'InvalidAMIID.NotFound' });
  await runImage(context, provided);
  await runImage(context, own);
  const elsewhere = context.as({ region: 'eu-west-1' });
  const { State } = await getAllowedImagesSettings.run({}, elsewhere);
  assert.equal(State, 'disabled', 'settings are a region’s');
  assert.deepEqual(await disableAllowedImagesSettings.run({}, context), {
    AllowedImagesSettingsState: 'disabled',
  });
  await runImage(context, foreign);
  assert.deepEqual(await ids(), [own.id, provided.id, foreign.id]);
});

test('settings are shown as they were set; criteria are replaced, and kept while disabled', async () => {
  const get = () => getAllowedImagesSettings.run({}, context);
  const none = { State: 'disabled', ImageCriteria: [], ManagedBy: 'account' };
  assert.deepEqual(await get(), none);
  const full: ImageCriterionRequest = {
    ImageProviders: ['amazon', foreign.account],
    ImageNames: ['debian-*'],
    MarketplaceProductCodes: ['abc123'],
    CreationDateCondition: { MaximumDaysSinceCreated: 300 },
    DeprecationTimeCondition: { MaximumDaysSinceDeprecated: 0 },
    ImageWatermarks: [
      {
        WatermarkKey: '*:approved',
        SourceImageRegion: 'us-*',
        MaximumDaysSinceSourceImageCreated: 1,
        MaximumDaysSinceWatermarkCreated: 2,
      },
    ],
    ScanResultCondition: {
      MaxDaysSinceLastFindingScan: 3,
      MaximumSeverityLabel: 'medium',
      MaxDaysSinceInformationalFixAvailable: 4,
      MaxDaysSinceLowFixAvailable: 5,
      MaxDaysSinceMediumFixAvailable: 6,
      MaxDaysSinceHighFixAvailable: 7,
      MaxDaysSinceCriticalFixAvailable: 8,
    },
  };
  assert.deepEqual(await criteria(full), { ReturnValue: true });
  await state('enabled');
  assert.deepEqual(await get(), { ...none, State: 'enabled', ImageCriteria: [full] });
  await disableAllowedImagesSettings.run({}, context);
  assert.deepEqual(await get(), { ...none, ImageCriteria: [full] });
  await criteria();
  assert.deepEqual(await get(), none);
  const wrong = { code: 'InvalidParameterValue' };
  await assert.rejects(state('disabled'), wrong);
  const many = (count: number) => Array.from({ length: count }, (_, n) => `name ${n}`);
  for (const criterion of [
    {},
    { ImageProviders: ['google'] },
    { ImageProviders: ['none', 'amazon'] },
    { ImageProviders: Array.from({ length: 201 }, () => 'amazon') },
    { ImageNames: ['a?'] },
    { ImageNames: ['what!'] },
    { ImageNames: many(51) },
    { MarketplaceProductCodes: ['a-b'] },
    { CreationDateCondition: { MaximumDaysSinceCreated: -1 } },
  ]) {
    await assert.rejects(criteria(criterion), wrong, JSON.stringify(criterion));
  }
  await assert.rejects(criteria(...many(11).map((name) => ({ ImageNames: [name] }))), wrong);
});

test('an image is allowed by one criterion, of which it meets all', async () => {
  await state('audit-mode');
  const allowed = async (...list: ImageCriterionRequest[]) => {
    await criteria(...list);
    const [mine, ...others] = await verdicts();
    assert.equal(mine, true, 'one’s own always are');
    return others;
  };
  const { account } = foreign;
  assert.deepEqual(await allowed(), [false, false]);
  assert.deepEqual(await allowed({ ImageProviders: ['none'] }), [false, false]);
  assert.deepEqual(await allowed({ ImageProviders: [account] }), [false, true]);
  assert.deepEqual(await allowed({ ImageNames: ['debian-??-*'] }), [true, false]);
  const both = { ImageProviders: [account], ImageNames: ['debian-*'] };
  assert.deepEqual(await allowed(both), [false, false]);
  assert.deepEqual(await allowed(both, { ImageProviders: ['amazon'] }), [true, false]);
  assert.deepEqual(await allowed({ MarketplaceProductCodes: ['code1'] }), [false, false]);
  await context.catalog.write(async ({ images }) => {
    const row = await images.get(foreign.id);
    assert.ok(row);
    await images.update({ ...row, productCodes: ['code1', 'code2'] });
  });
  assert.deepEqual(await allowed({ MarketplaceProductCodes: ['code1'] }), [false, true]);
});

test('criteria of age and deprecation are asked of the clock', async () => {
  await state('audit-mode');
  await context.catalog.write(async ({ images }) => {
    const row = await images.get(foreign.id);
    assert.ok(row);
    const deprecationTime = new Date(context.now.getTime() + dayMs).toISOString();
    await images.update({ ...row, deprecationTime });
  });
  const allowed = async () =>
    (await shown({ ImageIds: [provided.id, foreign.id] })).map((row) => row.ImageAllowed);
  await criteria({ CreationDateCondition: { MaximumDaysSinceCreated: 2 } });
  assert.deepEqual(await allowed(), [true, true]);
  pass(2 * dayMs);
  assert.deepEqual(await allowed(), [true, true]);
  pass(1);
  assert.deepEqual(await allowed(), [false, false]);
  const deprecated = (MaximumDaysSinceDeprecated: number) =>
    criteria({ DeprecationTimeCondition: { MaximumDaysSinceDeprecated } });
  await deprecated(0);
  assert.deepEqual(await allowed(), [true, false]);
  await deprecated(2);
  assert.deepEqual(await allowed(), [true, true]);
  pass(dayMs);
  assert.deepEqual(await allowed(), [true, false]);
});

test('product codes are shown, found by, and read as an attribute', async () => {
  const image = await insertImage(context, { productCodes: ['code1'] });
  const by = (Name: string, value: string) => ids({ Filters: [{ Name, Values: [value] }] });
  assert.deepEqual(await by('product-code', 'code1'), [image.id]);
  assert.deepEqual(await by('product-code.type', 'marketplace'), [image.id]);
  const [row] = await shown({ ImageIds: [image.id] });
  const shape = { ProductCodeId: 'code1', ProductCodeType: 'marketplace' };
  assert.deepEqual(row?.ProductCodes, [shape]);
});
