import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { distributionTimeoutMinutes } from '../domain/imagebuilder/configurations.ts';
import type { Host } from '../host/host.ts';
import { createLaunchTemplate } from '../operations/ec2/launch-templates/CreateLaunchTemplate.ts';
import { TestImago, withFaults } from './test-imago.ts';
import { orderTestBuild } from './test-recipe-builds.ts';

const document = `schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Create
        action: CreateFile
        inputs: [{ path: /etc/golden, content: yes }]
      - name: Again
        action: Reboot
  - name: test
    steps:
      - name: There
        action: Assert
        inputs: { fileExists: /etc/golden }
`;

test('a build ends with an image, its steps told, and no machine left', async () => {
  await using imago = await TestImago.start();
  const parent = await imago.image();
  const arn = await orderTestBuild(imago, { parentImageId: parent.id, documents: [document] });
  const commands: string[] = [];
  const wrapHost = withFaults<Host>((host) => ({
    async beginCommand(...asked) {
      commands.push(asked[1].id.replace(/^.*-/, ''));
      return host.beginCommand(...asked);
    },
  }));
  await imago.restart({ wrapHost });
  const tasks = await imago.untilQuiet();
  assert.deepEqual(tasks.map(({ error }) => error).filter(Boolean), []);
  const { build, instances } = await imago.catalog.read(async (reader) => ({
    build: await reader.imageBuilds.get(arn),
    instances: await reader.instances.list(),
  }));
  assert.equal(build?.state, 'AVAILABLE');
  assert.deepEqual(
    instances.map(({ state }) => state),
    ['terminated', 'terminated'],
  );
  const image = await imago.catalog.read(({ images }) => images.get(build.imageId ?? ''));
  assert.equal(image?.state, 'available');
  assert.equal(image?.tags.Stage, 'golden');
  assert.equal(image?.tags.Ec2ImageBuilderArn, arn);
  assert.deepEqual(
    build.workflows.map(({ type, status, steps }) => [type, status, steps.length]),
    [
      ['BUILD', 'COMPLETED', 6],
      ['TEST', 'COMPLETED', 3],
      ['DISTRIBUTION', 'COMPLETED', 1],
    ],
  );
  const cleaning = commands.indexOf('sanitize');
  assert.equal(commands[cleaning - 1], 'settle', 'cloud-init does not go on after the cleaning');
  const log = await readFile(imago.home.buildLogFile(build.taskId), 'utf8');
  assert.match(log, /Step Create \(CreateFile\)/);
  assert.match(log, /a simulated machine runs no command/);
  assert.match(log, /Rebooting/);
  assert.doesNotMatch(log, /Z $/m, 'a look that brings nothing is no line');
});

test('killed before or after any of its steps, a build goes on to its end', async () => {
  for (const moment of ['before', 'after'] as const) {
    const killed = new Set<string>();
    const onStep = (kind: string, step: string, at: string) => {
      if (kind !== 'build-recipe' || at !== moment || killed.has(step)) return;
      killed.add(step);
      throw new Error('killed');
    };
    await using imago = await TestImago.start({ onStep });
    const parent = await imago.image();
    const arn = await orderTestBuild(imago, { parentImageId: parent.id, documents: [document] });
    await imago.restart({ onStep });
    await imago.untilQuiet();
    const { build, images, instances, groups } = await read(imago, arn);
    assert.equal(build?.state, 'AVAILABLE');
    assert.equal(killed.size, 12);
    assert.equal(images.length, 1);
    assert.deepEqual(groups, []);
    assert.deepEqual(
      instances.map(({ state }) => state),
      ['terminated', 'terminated'],
    );
  }
});

test('a component that fails ends the build; its machine stays where that is wanted', async () => {
  // Commands of components fail, and no others.
  const wrapHost = withFaults<Host>((host) => ({
    async commandState(...asked) {
      const state = await host.commandState(...asked);
      const ofComponent = /-build-/.test(asked[1]) && state.state === 'ended';
      return ofComponent ? { ...state, exitCode: 3 } : state;
    },
  }));
  for (const terminateInstanceOnFailure of [true, false]) {
    await using imago = await TestImago.start();
    const parent = await imago.image();
    await imago.stopTasks();
    const documents = [document];
    const arn = await orderTestBuild(imago, { parentImageId: parent.id, documents });
    await imago.catalog.write(async ({ imageBuilds }) => {
      const row = await imageBuilds.get(arn);
      if (!row) return;
      const infrastructure = { ...row.infrastructure, terminateInstanceOnFailure };
      await imageBuilds.update({ ...row, infrastructure });
    });
    await imago.restart({ wrapHost });
    await imago.untilQuiet();
    const { build, images, instances, groups } = await read(imago, arn);
    assert.equal(build?.state, 'FAILED');
    assert.equal(groups.length, terminateInstanceOnFailure ? 0 : 1);
    assert.match(
      build.reason ?? '',
      /step Create of phase build failed: exit code 3: a simulated machine runs no command/,
    );
    const steps = build.workflows[0]?.steps.map(({ status }) => status);
    assert.deepEqual(steps?.slice(0, 3), ['COMPLETED', 'FAILED', 'CANCELLED']);
    assert.deepEqual(images, []);
    const expected = terminateInstanceOnFailure ? 'terminated' : 'running';
    assert.deepEqual(
      instances.map(({ state }) => state),
      [expected],
    );
    assert.equal(build.instanceId, terminateInstanceOnFailure ? undefined : instances[0]?.id);
  }
});

test('a build has the groups and the subnet that its configuration names, and none of its own', async () => {
  await using imago = await TestImago.start();
  const parent = await imago.image();
  const { account } = imago.caller;
  await imago.stopTasks();
  const documents = [document];
  const arn = await orderTestBuild(imago, { parentImageId: parent.id, documents });
  const all = await imago.catalog.read(({ subnets }) => subnets.list({ where: { account } }));
  const subnet = all.find(({ region }) => region === parent.region);
  const where = { account, vpcId: subnet?.vpcId ?? '' };
  const [group] = await imago.catalog.read(({ securityGroups }) => securityGroups.list({ where }));
  await imago.catalog.write(async ({ imageBuilds }) => {
    const row = await imageBuilds.get(arn);
    if (!row || !subnet || !group) throw new Error('there is none');
    const named = { subnetId: subnet.id, securityGroupIds: [group.id] };
    await imageBuilds.update({ ...row, infrastructure: { ...row.infrastructure, ...named } });
  });
  await imago.restart();
  await imago.untilQuiet();
  const { build, instances, groups } = await read(imago, arn);
  assert.deepEqual([build?.state, groups], ['AVAILABLE', []], build?.reason);
  for (const { securityGroupIds, subnetId } of instances) {
    assert.deepEqual([securityGroupIds, subnetId], [[group?.id], subnet?.id]);
  }
});

test('a build that is cancelled leaves nothing', async () => {
  const isBuilding = Promise.withResolvers<void>();
  // Its commands do not come to an end.
  const wrapHost = withFaults<Host>((host) => ({
    async commandState(...asked) {
      const state = await host.commandState(...asked);
      if (!asked[1].includes('-build-') || state.state !== 'ended') return state;
      isBuilding.resolve();
      const { exitCode: _, ...running } = state;
      return { ...running, state: 'running', stderr: Buffer.alloc(0) };
    },
  }));
  await using imago = await TestImago.start();
  const parent = await imago.image();
  const arn = await orderTestBuild(imago, { parentImageId: parent.id, documents: [document] });
  await imago.restart({ wrapHost });
  await isBuilding.promise;
  const { build: before, instances: machines, groups: own } = await read(imago, arn);
  assert.equal(own.length, 1);
  assert.deepEqual(machines[0]?.securityGroupIds, [own[0]?.id]);
  const rules = await imago.catalog.read(({ securityGroupRules }) =>
    securityGroupRules.list({ where: { groupId: own.map(({ id }) => id) } }),
  );
  assert.deepEqual(
    rules.map(({ direction, protocol, fromPort }) => [direction, protocol, fromPort]).sort(),
    [
      ['egress', 'tcp', 0],
      ['egress', 'udp', 123],
      ['egress', 'udp', 53],
    ],
  );
  await imago.context().catalog.write(async ({ tasks }) => {
    const task = await tasks.get(before?.taskId ?? '');
    if (task) await tasks.update({ ...task, cancelled: true });
  });
  await imago.untilQuiet();
  const { build, images, instances, groups } = await read(imago, arn);
  assert.equal(build?.state, 'CANCELLED');
  assert.deepEqual(groups, []);
  assert.deepEqual([images.length, instances.map(({ state }) => state)], [0, ['terminated']]);
});

test('an image is copied, shared, and named by templates and parameters, all at once', async () => {
  await using imago = await TestImago.start();
  const parent = await imago.image();
  const { account } = imago.caller;
  const made = await imago.call(createLaunchTemplate, {
    LaunchTemplateName: 'golden',
    LaunchTemplateData: { InstanceType: 't3.nano' },
  });
  const launchTemplateId = made.LaunchTemplate?.LaunchTemplateId ?? '';
  const nobody = { organizationArns: [], organizationalUnitArns: [] };
  const ami = (name: string) => ({
    name,
    tags: { Where: name },
    launchPermission: { userIds: ['123456789012'], userGroups: ['all'], ...nobody },
  });
  const parameters = [{ name: '/golden', dataType: 'aws:ec2:image' as const }];
  const launchTemplates = [{ launchTemplateId, setDefaultVersion: true }];
  const distributions = [
    {
      region: 'us-east-1',
      ami: ami('here {{ imagebuilder:buildDate }}'),
      parameters,
      launchTemplates,
    },
    { region: 'eu-west-1', ami: ami('there'), parameters, launchTemplates: [] },
  ];
  const change = { distribution: { name: 'all', slug: 'all', distributions } };
  const documents = [document];
  const arn = await orderTestBuild(imago, { parentImageId: parent.id, documents, change });
  await imago.restart();
  await imago.untilQuiet();
  const { build } = await read(imago, arn);
  assert.equal(build?.state, 'AVAILABLE', build?.reason);
  assert.deepEqual(build.amis.map((each) => each.region).sort(), ['eu-west-1', 'us-east-1']);
  const rows = await imago.catalog.read(async (reader) => ({
    images: await reader.images.list({ where: { account } }),
    template: await reader.launchTemplates.get(launchTemplateId),
    versions: await reader.launchTemplateVersions.list({ where: { templateId: launchTemplateId } }),
    parameters: await reader.parameters.list({ where: { account } }),
  }));
  for (const { region, imageId } of build.amis) {
    const image = rows.images.find(({ id }) => id === imageId);
    assert.deepEqual([image?.region, image?.state], [region, 'available']);
    assert.deepEqual(image?.launchPermissions, ['123456789012', 'all']);
    assert.equal(rows.parameters.find((row) => row.region === region)?.content.value, imageId);
  }
  const here = build.amis.find(({ region }) => region === 'us-east-1');
  assert.equal(here?.name, `here ${build.createdAt.replaceAll(':', '-')}`);
  assert.equal(rows.template?.defaultVersion, 2);
  const data = rows.versions.find(({ number }) => number === 2)?.data;
  assert.deepEqual([data?.ImageId, data?.InstanceType], [here?.imageId, 't3.nano']);
});

test('a distribution that takes more than its time ends the build, and what was copied goes', async () => {
  const begun = Promise.withResolvers<void>();
  const goesOn = Promise.withResolvers<void>();
  const onStep = async (kind: string, _step: string, moment: string) => {
    if (kind !== 'copy-snapshots' || moment !== 'before') return;
    begun.resolve();
    await goesOn.promise;
  };
  await using imago = await TestImago.start();
  const parent = await imago.image();
  await imago.stopTasks();
  const distributions = ['us-east-1', 'eu-west-1'].map((region) => ({
    ...{ region, launchTemplates: [], parameters: [] },
  }));
  const change = { distribution: { name: 'both', slug: 'both', distributions } };
  const documents = [document];
  const arn = await orderTestBuild(imago, { parentImageId: parent.id, documents, change });
  await imago.restart({ onStep });
  await begun.promise;
  imago.advance(distributionTimeoutMinutes * 60_000);
  await imago.until('its undo', async () => {
    const task = (await imago.catalog.read(({ tasks }) => tasks.list())).find(
      ({ kind }) => kind === 'build-recipe',
    );
    return task?.state === 'undoing';
  });
  goesOn.resolve();
  await imago.untilQuiet();
  const { build, images } = await read(imago, arn);
  assert.deepEqual([build?.state, images], ['FAILED', []]);
  assert.match(build?.reason ?? '', /took more than 720 minutes/);
});

test('a parent that an organization shares is built on', async () => {
  await using imago = await TestImago.start();
  const organization = 'arn:aws:organizations::210987654321:organization/o-a1b2c3d4e5';
  const parent = await imago.image({ account: '210987654321', launchPermissions: [organization] });
  const { account } = imago.caller;
  const order = async (build: number) => {
    await imago.stopTasks();
    const documents = [document];
    const arn = await orderTestBuild(imago, { parentImageId: parent.id, documents, build });
    await imago.restart();
    await imago.untilQuiet();
    return (await read(imago, arn)).build?.state;
  };
  assert.equal(await order(1), 'FAILED');
  await imago.catalog.write(async ({ accounts }) => {
    const row = await accounts.get(account);
    assert.ok(row);
    await accounts.update({ ...row, organizationPath: 'o-a1b2c3d4e5/r-ab12' });
  });
  assert.equal(await order(2), 'AVAILABLE');
});

async function read({ catalog, caller: { account } }: TestImago, arn: string) {
  return catalog.read(async (reader) => ({
    build: await reader.imageBuilds.get(arn),
    images: await reader.images.list({ where: { account } }),
    instances: await reader.instances.list({ where: { account } }),
    groups: (await reader.securityGroups.list({ where: { account } })).filter(({ tags }) =>
      Object.hasOwn(tags, 'Ec2ImageBuilderArn'),
    ),
  }));
}
