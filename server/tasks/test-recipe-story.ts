/**
 * Faults in a build of a recipe, beside another of the same parent. Each ends with its image in both
 * regions, or with nothing of it, and with no machine; and when the fault is over, the next build
 * has all that it should.
 */
import assert from 'node:assert/strict';
import type { ImageRow } from '../catalog/rows/image.ts';
import { ofCatalogIn, ofHost, type Story } from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';
import { orderTestBuild } from './test-recipe-builds.ts';

const document = `schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Script
        action: ExecuteBash
        inputs: { commands: ['true'] }
      - name: Again
        action: Reboot
  - name: test
    steps:
      - name: There
        action: ExecuteBash
        inputs: { commands: ['true'] }
`;

const calls = {
  'host measure': ofHost('measure', 'launch'),
  'host apply': ofHost('apply', 'launch'),
  'host beginCommand': ofHost('beginCommand', 'build'),
  'host commandState': ofHost('commandState', 'build'),
  'host powerDown': ofHost('powerDown', 'build'),
  'host reset': ofHost('reset', 'build'),
  'host pivot': ofHost('pivot', 'capture'),
  'host upload': ofHost('upload', 'capture'),
  'host remove': ofHost('remove', 'terminate'),
  ...ofCatalogIn(['launch', 'build', 'capture', 'distribute', 'publish']),
};

/** Four machines start in a story, beside those of others: what is only slow is no fault. */
const timeLimits = { callMs: 3000, machineMs: 6000, silenceMs: 3000 };

export const recipeStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const parent = await imago.image();
    await imago.stopTasks();
    const arns: string[] = [];
    for (const build of secondFirst ? [2, 1] : [1, 2]) {
      arns.push(await order(imago, parent, build));
    }
    await imago.restart({ ...fault.options, timeLimits });
    await imago.untilQuiet();
    await assertRight(imago, parent, arns);

    fault.end();
    await imago.restart();
    await imago.stopTasks();
    arns.push(await order(imago, parent, 3));
    await imago.restart();
    await imago.untilQuiet();
    assert.equal((await buildOf(imago, arns[2])).state, 'AVAILABLE');
    await assertRight(imago, parent, arns);
    return fault.happened();
  },
};

function order(imago: TestImago, { id: parentImageId }: ImageRow, build: number): Promise<string> {
  const distribution = (region: string) => ({
    region,
    ami: { name: `golden ${build} {{ imagebuilder:buildVersion }}`, tags: {} },
    launchTemplates: [],
    parameters: [{ name: `/golden/${build}`, dataType: 'text' as const }],
  });
  const distributions = ['us-east-1', 'eu-west-1'].map(distribution);
  const change = { distribution: { name: 'both', slug: 'both', distributions } };
  return orderTestBuild(imago, { parentImageId, documents: [document], build, change });
}

async function buildOf({ catalog }: TestImago, arn = '') {
  const row = await catalog.read(({ imageBuilds }) => imageBuilds.get(arn));
  assert.ok(row);
  return row;
}

async function assertRight(imago: TestImago, parent: ImageRow, arns: string[]): Promise<void> {
  const { account } = imago.caller;
  const rows = await imago.catalog.read(async (reader) => ({
    images: await reader.images.list({ where: { account } }),
    snapshots: await reader.snapshots.list({ where: { account } }),
    instances: await reader.instances.list({ where: { account } }),
    parameters: await reader.parameters.list({ where: { account, region: 'us-east-1' } }),
    groups: await reader.securityGroups.list({ where: { account } }),
  }));
  assert.ok(rows.groups.every(({ tags }) => !Object.hasOwn(tags, 'Ec2ImageBuilderArn')));
  const made: string[] = [];
  const told: string[] = [];
  for (const arn of arns) {
    const { state, amis, finishedAt, build } = await buildOf(imago, arn);
    assert.ok(finishedAt !== undefined, `${arn} is ${state}`);
    assert.equal(amis.length, state === 'AVAILABLE' ? 2 : 0);
    made.push(...amis.map(({ imageId }) => imageId));
    if (state === 'AVAILABLE') told.push(`/golden/${build}`);
  }
  assert.deepEqual(rows.images.map(({ id }) => id).sort(), made.sort());
  assert.deepEqual(
    new Set(rows.images.map(({ state }) => state)),
    new Set(made.length ? ['available'] : []),
  );
  assert.equal(rows.snapshots.length, made.length);
  assert.deepEqual(rows.parameters.map(({ name }) => name).sort(), told.sort());
  const living = rows.instances.filter(({ state }) => state !== 'terminated');
  assert.deepEqual(
    living.map(({ id, state }) => [id, state]),
    [],
  );
  for (const { id } of rows.snapshots) assert.equal(await imago.readSnapshot(id, 0), 1);
  assert.equal(
    (await imago.catalog.read(({ images }) => images.get(parent.id)))?.state,
    'available',
  );
}
