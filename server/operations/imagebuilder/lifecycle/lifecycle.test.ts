/** Lifecycle policies: what is told of them, and which images they end when. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { rootDisk, snapshot } from '../../../catalog/test-rows.ts';
import { runDuePolicies } from '../../../domain/imagebuilder/lifecycle.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import {
  changeBuild,
  makeImage,
  makeInfrastructure,
  makeLifecyclePolicy,
  makeRecipe,
} from '../../test-image-builder.ts';
import { insertImage } from '../../test-images.ts';
import { getImage } from '../images/GetImage.ts';
import { deleteLifecyclePolicy } from './DeleteLifecyclePolicy.ts';
import { getLifecyclePolicy } from './GetLifecyclePolicy.ts';
import { listLifecyclePolicies } from './ListLifecyclePolicies.ts';
import { updateLifecyclePolicy } from './UpdateLifecyclePolicy.ts';

let context: TestContext;
let recipes: Map<string, string>;
beforeEach(async () => {
  context = await createTestContext();
  recipes = new Map();
});
afterEach(() => context[Symbol.asyncDispose]());

const round = () => runDuePolicies(context.catalog, context.clock);
const told = async (lifecyclePolicyArn: string) =>
  JSON.parse(
    JSON.stringify((await getLifecyclePolicy.run({ lifecyclePolicyArn }, context)).lifecyclePolicy),
  );
const imageRow = (id: string) => context.catalog.read(({ images }) => images.get(id));
const at = (date: string) => {
  context.now = new Date(`${date}T10:00:00.000Z`);
};

interface Built {
  arn: string;
  imageId: string;
  snapshotId: string;
}

/** As a build leaves it that ended now; `change` is of its AMI. */
async function built(
  change: Partial<ImageRow> = {},
  { name = 'Web', tags }: { name?: string; tags?: Record<string, string> } = {},
): Promise<Built> {
  const { account, region } = context.caller;
  const imageRecipeArn = recipes.get(name) ?? (await makeRecipe(context, { name }));
  recipes.set(name, imageRecipeArn);
  const machines = await makeInfrastructure(context, { name: context.ids.uuid() });
  const arn = await makeImage(context, {
    ...{ imageRecipeArn, infrastructureConfigurationArn: machines, tags },
  });
  const snapshotId = context.ids.resource('snap');
  const about = { account, region, createdAt: context.now.toISOString() };
  await context.catalog.write(({ snapshots }) => snapshots.insert(snapshot(snapshotId, about)));
  const blockDeviceMappings = rootDisk(1, snapshotId);
  const { id: imageId } = await insertImage(context, { ...about, blockDeviceMappings, ...change });
  const amis = [{ region, account, imageId, name }];
  await changeBuild(context, arn, { state: 'AVAILABLE', imageId, amis });
  return { arn, imageId, snapshotId };
}

/** States of a build and of its AMI; `gone` where there is none. */
async function stateOf({ arn, imageId }: Built): Promise<string> {
  const { image } = await getImage
    .run({ imageBuildVersionArn: arn }, context)
    .catch(() => ({ image: undefined }));
  const ami = await imageRow(imageId);
  const { deprecationTime } = ami ?? {};
  const isDeprecated = deprecationTime !== undefined && deprecationTime <= iso();
  const amiState = isDeprecated ? `${ami?.state} and deprecated` : ami?.state;
  return `${image?.state?.status ?? 'gone'}, ${amiState ?? 'gone'}`;
}

const iso = () => context.now.toISOString();
const rule = (type: string, filter: object, more: object = {}) => ({
  action: { type, includeResources: { amis: true } },
  filter,
  ...more,
});
const days = (value: number) => ({ type: 'AGE', value, unit: 'DAYS' });

test('a policy is told as it was said, with when it was carried out', async () => {
  const said = {
    description: 'Old ones go',
    status: 'ENABLED',
    executionRole: 'arn:aws:iam::123456789012:role/lifecycle',
    resourceType: 'AMI_IMAGE',
    policyDetails: [
      {
        action: { type: 'DELETE', includeResources: { amis: true, snapshots: true } },
        filter: { type: 'AGE', value: 6, unit: 'MONTHS', retainAtLeast: 2 },
        exclusionRules: {
          tagMap: { keep: 'yes' },
          amis: {
            isPublic: true,
            regions: ['eu-west-1'],
            sharedAccounts: ['123456789012'],
            lastLaunched: { value: 2, unit: 'WEEKS' },
            tagMap: { keep: 'ami' },
          },
        },
      },
    ],
    resourceSelection: { recipes: [{ name: 'Web', semanticVersion: '1.0.0' }] },
    tags: { a: 'b' },
  };
  const arn = await makeLifecyclePolicy(context, said);
  const dates = { dateCreated: iso(), dateUpdated: iso() };
  assert.deepEqual(await told(arn), { ...said, ...dates, arn, name: 'Yearly' });
  await round();
  assert.equal((await told(arn)).dateLastRun, iso());
  const { policyDetails: _, resourceSelection: __, ...summary } = await told(arn);
  const listed = async (name: string, value: string) =>
    (await listLifecyclePolicies.run({ filters: [{ name, values: [value] }] }, context))
      .lifecyclePolicySummaryList;
  assert.deepEqual(JSON.parse(JSON.stringify(await listed('Name', 'Yearly'))), [summary]);
  assert.deepEqual(await listed('Status', 'DISABLED'), []);
  const change = {
    lifecyclePolicyArn: arn,
    ...{ executionRole: 'other', resourceType: 'AMI_IMAGE', status: 'DISABLED' },
    policyDetails: [{ action: { type: 'DISABLE' }, filter: { type: 'COUNT', value: 3 } }],
    resourceSelection: { tagMap: { stage: 'test' } },
    clientToken: 'a',
  };
  at('2026-11-24');
  await updateLifecyclePolicy.run(change, context);
  const { status, executionRole, resourceSelection, description, dateUpdated } = await told(arn);
  assert.deepEqual(
    [status, executionRole, resourceSelection, description, dateUpdated],
    ['DISABLED', 'other', { tagMap: { stage: 'test' } }, undefined, iso()],
  );
  await deleteLifecyclePolicy.run({ lifecyclePolicyArn: arn }, context);
  await assert.rejects(told(arn), { code: 'ResourceNotFoundException' });
});

test('one that was carried out while the clock was ahead is, too, within a day of its return', async () => {
  const one = await built();
  await makeLifecyclePolicy(context, { policyDetails: [rule('DEPRECATE', days(10))] });
  const start = context.now;
  at('2028-01-01');
  await round();
  await changeBuild(context, one.arn, { state: 'AVAILABLE' });
  context.now = start;
  await round();
  assert.match(await stateOf(one), /^AVAILABLE/);
  at('2026-12-05');
  await round();
  assert.match(await stateOf(one), /^DEPRECATED/);
});

test('images are deprecated, disabled and deleted as they grow old, once a day', async () => {
  const one = await built();
  const policyDetails = [
    rule('DEPRECATE', days(10)),
    rule('DISABLE', { type: 'AGE', value: 3, unit: 'WEEKS' }),
    {
      action: { type: 'DELETE', includeResources: { amis: true, snapshots: true } },
      filter: { type: 'AGE', value: 1, unit: 'MONTHS' },
    },
  ];
  const arn = await makeLifecyclePolicy(context, { policyDetails });
  await round();
  assert.equal(await stateOf(one), 'AVAILABLE, available');
  at('2026-12-03');
  await round();
  assert.equal(await stateOf(one), 'DEPRECATED, available and deprecated');
  // Not again on the same day, whatever has changed.
  const other = await built();
  await changeBuild(context, other.arn, { createdAt: '2026-01-01T00:00:00.000Z' });
  await round();
  assert.equal(await stateOf(other), 'AVAILABLE, available');
  // Imago was down.
  at('2026-12-15');
  await round();
  assert.equal(await stateOf(one), 'DISABLED, disabled and deprecated');
  assert.equal(await stateOf(other), 'gone, gone');
  at('2026-12-23');
  await round();
  assert.equal(await stateOf(one), 'gone, gone');
  const { snapshotId } = one;
  assert.equal(await context.catalog.read(({ snapshots }) => snapshots.get(snapshotId)), undefined);
  assert.equal((await told(arn)).dateLastRun, iso());
});

test('of each recipe the newest are kept; others are none of the policy', async () => {
  const web: Built[] = [];
  for (const day of ['2026-11-01', '2026-11-02', '2026-11-03']) {
    at(day);
    web.push(await built());
  }
  at('2026-10-01');
  const [older, other] = [await built({}, { name: 'Data' }), await built({}, { name: 'Other' })];
  at('2026-11-04');
  const names = ['Web', 'Data'].map((name) => ({ name, semanticVersion: '1.0.0' }));
  const resourceSelection = { recipes: names };
  const keepTwo = { policyDetails: [rule('DELETE', { type: 'COUNT', value: 2 })] };
  await makeLifecyclePolicy(context, { ...keepTwo, resourceSelection });
  await round();
  const states = await Promise.all([...web, older, other].map(stateOf));
  const kept = 'AVAILABLE, available';
  assert.deepEqual(states, ['gone, gone', kept, kept, kept, kept]);
  const keepOne = { policyDetails: [rule('DELETE', { ...days(1), retainAtLeast: 1 })] };
  await makeLifecyclePolicy(context, { name: 'Aged', ...keepOne, resourceSelection });
  await round();
  assert.deepEqual(await Promise.all([...web.slice(1), older].map(stateOf)), [
    'gone, gone',
    kept,
    kept,
  ]);
});

test('what is excluded stays, and so does a build that a recipe stands on or whose AMI is protected', async () => {
  const tags = { stage: 'test' };
  const plain = await built({}, { tags });
  const kept = await built({}, { tags: { ...tags, keep: 'yes' } });
  const open = await built({ launchPermissions: ['all'] }, { tags });
  const shared = await built({ launchPermissions: ['123456789012'] }, { tags });
  const launched = await built({ lastLaunchedAt: '2026-12-20T00:00:00.000Z' }, { tags });
  const idle = await built({ lastLaunchedAt: '2026-11-24T00:00:00.000Z' }, { tags });
  const tagged = await built({ tags: { keep: 'ami' } }, { tags });
  const elsewhere = await built({ region: 'eu-west-1' }, { tags });
  const locked = await built({ deregistrationProtection: 'enabled-without-cooldown' }, { tags });
  const parent = await built({}, { tags });
  await makeRecipe(context, { name: 'Child', parentImage: parent.arn });
  const untagged = await built();
  const exclusionRules = {
    tagMap: { keep: 'yes' },
    amis: {
      isPublic: true,
      regions: ['eu-west-1'],
      sharedAccounts: ['123456789012'],
      lastLaunched: { value: 1, unit: 'WEEKS' },
      tagMap: { keep: 'ami' },
    },
  };
  at('2026-12-23');
  await makeLifecyclePolicy(context, {
    policyDetails: [rule('DELETE', days(1), { exclusionRules })],
    resourceSelection: { tagMap: tags },
  });
  const left = await round();
  assert.deepEqual(
    left.map(({ build, why }) => [build, why.code]),
    [
      [locked.arn, 'OperationNotPermitted'],
      [parent.arn, 'ResourceDependencyException'],
    ],
  );
  assert.deepEqual(await Promise.all([plain, idle].map(stateOf)), ['gone, gone', 'gone, gone']);
  for (const each of [kept, open, shared, launched, tagged, elsewhere, locked, parent, untagged]) {
    assert.equal(await stateOf(each), 'AVAILABLE, available');
  }
});

test('without its AMIs an image goes alone; a policy that is disabled does nothing', async () => {
  const one = await built();
  at('2026-12-23');
  const policyDetails = [{ action: { type: 'DELETE' }, filter: days(1) }];
  const lifecyclePolicyArn = await makeLifecyclePolicy(context, {
    ...{ policyDetails, status: 'DISABLED' },
  });
  await round();
  assert.equal(await stateOf(one), 'AVAILABLE, available');
  const { executionRole, resourceSelection } = await told(lifecyclePolicyArn);
  await updateLifecyclePolicy.run(
    {
      ...{ lifecyclePolicyArn, executionRole, resourceSelection, policyDetails },
      ...{ resourceType: 'AMI_IMAGE', clientToken: 'a' },
    },
    context,
  );
  await round();
  assert.equal(await stateOf(one), 'gone, available');
});
