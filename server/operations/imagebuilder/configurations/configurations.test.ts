/** Where images are built and where they go: what may be said of it, and when it may go. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { defaultSubnet } from '../../../domain/networks.ts';
import { createKeyPair } from '../../ec2/key-pairs/CreateKeyPair.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { makeDistribution, makeInfrastructure } from '../../test-image-builder.ts';
import { deleteDistributionConfiguration } from './DeleteDistributionConfiguration.ts';
import { deleteInfrastructureConfiguration } from './DeleteInfrastructureConfiguration.ts';
import { getDistributionConfiguration } from './GetDistributionConfiguration.ts';
import { getInfrastructureConfiguration } from './GetInfrastructureConfiguration.ts';
import { listDistributionConfigurations } from './ListDistributionConfigurations.ts';
import { listInfrastructureConfigurations } from './ListInfrastructureConfigurations.ts';
import { updateDistributionConfiguration } from './UpdateDistributionConfiguration.ts';
import { updateInfrastructureConfiguration } from './UpdateInfrastructureConfiguration.ts';

let context: TestContext;
let arnOf: (rest: string) => string;
beforeEach(async () => {
  context = await createTestContext();
  const { account, region } = context.caller;
  arnOf = (rest) => `arn:aws:imagebuilder:${region}:${account}:${rest}`;
});
afterEach(() => context[Symbol.asyncDispose]());

const invalid = { code: 'InvalidParameterValueException' };
const gone = { code: 'ResourceNotFoundException' };
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

/** CreateInfrastructureConfiguration and CreateDistributionConfiguration, as tests call them. */
const [createInfrastructureConfiguration, createDistributionConfiguration] = [
  (change: object = {}) => makeInfrastructure(context, change),
  (change: object = {}) => makeDistribution(context, change),
];

async function network() {
  const subnet = await context.catalog.read((reader) => defaultSubnet(reader, context.caller));
  const where = { vpcId: subnet.vpcId };
  const [group] = await context.catalog.read(({ securityGroups }) =>
    securityGroups.list({ where }),
  );
  return { subnetId: subnet.id, securityGroupIds: [group?.id ?? ''] };
}

test('machines are told as they were said', async () => {
  await createKeyPair.run({ KeyName: 'mine' }, context);
  const said = {
    description: 'Small ones',
    instanceTypes: ['t3.micro', 't3.small'],
    ...(await network()),
    keyPair: 'mine',
    terminateInstanceOnFailure: false,
    resourceTags: { team: 'web' },
    instanceMetadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 2 },
    placement: { availabilityZone: 'us-east-1a', tenancy: 'default' },
    tags: { a: 'b' },
  };
  const arn = await createInfrastructureConfiguration(said);
  assert.equal(arn, arnOf('infrastructure-configuration/builders'));
  const get = async () => {
    const asked = { infrastructureConfigurationArn: arn };
    return (await getInfrastructureConfiguration.run(asked, context)).infrastructureConfiguration;
  };
  const dateCreated = context.now.toISOString();
  const about = { arn, name: 'Builders', instanceProfileName: 'builder', dateCreated };
  assert.deepEqual(plain(await get()), { ...said, ...about, dateUpdated: dateCreated });
  context.now = new Date('2027-01-01T00:00:00.000Z');
  await updateInfrastructureConfiguration.run(
    { infrastructureConfigurationArn: arn, instanceProfileName: 'other', clientToken: 'a' },
    context,
  );
  // What an update leaves out is as in a new one, but for name and tags.
  assert.deepEqual(plain(await get()), {
    ...about,
    instanceProfileName: 'other',
    instanceTypes: [],
    securityGroupIds: [],
    terminateInstanceOnFailure: true,
    resourceTags: {},
    dateUpdated: '2027-01-01T00:00:00.000Z',
    tags: { a: 'b' },
  });
});

test('what a machine could not be launched with is refused at once', async () => {
  const { securityGroupIds } = await network();
  for (const change of [
    { instanceTypes: ['t9.huge'] },
    { keyPair: 'nobody' },
    { subnetId: 'subnet-0fedcba9876543210' },
    { securityGroupIds },
    { placement: { availabilityZone: 'us-east-1z' } },
    { instanceProfileName: 'a/b' },
    { instanceMetadataOptions: { httpTokens: 'never' } },
    { instanceMetadataOptions: { httpPutResponseHopLimit: 65 } },
    { name: 'no' },
  ]) {
    await assert.rejects(createInfrastructureConfiguration(change), invalid, plain(change));
  }
  await createInfrastructureConfiguration();
  const exists = { code: 'ResourceAlreadyExistsException' };
  await assert.rejects(createInfrastructureConfiguration({ name: 'builders' }), exists);
});

test('where an image goes is told as it was said', async () => {
  const { region } = context.caller;
  const distributions = [
    {
      region,
      amiDistributionConfiguration: {
        name: 'web {{ imagebuilder:buildDate }}',
        description: 'Serves',
        amiTags: { team: 'web' },
        kmsKeyId: 'alias/mine',
        launchPermission: {
          userIds: ['111122223333'],
          userGroups: ['all'],
          organizationArns: ['arn:aws:organizations::111122223333:organization/o-abcdefghij'],
          organizationalUnitArns: [],
        },
      },
      launchTemplateConfigurations: [
        { launchTemplateId: 'lt-0123456789abcdef0', setDefaultVersion: true },
      ],
      ssmParameterConfigurations: [{ parameterName: '/web', dataType: 'text' }],
    },
    { region: 'eu-west-1' },
  ];
  const arn = await createDistributionConfiguration({ distributions, description: 'All' });
  const asked = { distributionConfigurationArn: arn };
  const get = async () =>
    plain((await getDistributionConfiguration.run(asked, context)).distributionConfiguration);
  const dateCreated = context.now.toISOString();
  const about = { arn, name: 'Everywhere', timeoutMinutes: 720, dateCreated, tags: {} };
  const description = 'All';
  assert.deepEqual(await get(), { ...about, description, distributions, dateUpdated: dateCreated });
  const change = { ...asked, distributions: [{ region }], clientToken: 'a' };
  await updateDistributionConfiguration.run(change, context);
  assert.deepEqual(await get(), {
    ...about,
    distributions: [{ region }],
    dateUpdated: dateCreated,
  });
  const { distributionConfigurationSummaryList: [first] = [] } =
    await listDistributionConfigurations.run({}, context);
  assert.deepEqual(first?.regions, [region]);
});

test('what cannot be distributed is refused', async () => {
  const region = 'us-east-1';
  const withAmi = (ami: object) => [{ region, amiDistributionConfiguration: ami }];
  for (const distributions of [
    [],
    [{ region: 'mars-north-1' }],
    [{ region }, { region }],
    withAmi({ name: 'a/b' }),
    withAmi({ launchPermission: { userIds: ['me'] } }),
    withAmi({ launchPermission: { userGroups: ['some'] } }),
    [{ region, launchTemplateConfigurations: [{ launchTemplateId: 'web' }] }],
    [{ region, ssmParameterConfigurations: [{ parameterName: '/a', dataType: 'json' }] }],
    [{ region, ssmParameterConfigurations: [{ parameterName: 'a b' }] }],
  ]) {
    const made = createDistributionConfiguration({ distributions });
    await assert.rejects(made, invalid, JSON.stringify(distributions));
  }
});

test('configurations are listed by name, and go', async () => {
  const [one, two] = [
    await createInfrastructureConfiguration(),
    await createInfrastructureConfiguration({ name: 'Other' }),
  ];
  const list = async (input: object) => {
    const answer = await listInfrastructureConfigurations.run(input, context);
    return answer.infrastructureConfigurationSummaryList?.map(({ arn }) => arn);
  };
  assert.deepEqual(await list({}), [one, two]);
  assert.deepEqual(await list({ filters: [{ name: 'name', values: ['Other'] }] }), [two]);
  const asked = { infrastructureConfigurationArn: one };
  await deleteInfrastructureConfiguration.run(asked, context);
  await assert.rejects(deleteInfrastructureConfiguration.run(asked, context), gone);
  const distributionConfigurationArn = await createDistributionConfiguration();
  await deleteDistributionConfiguration.run({ distributionConfigurationArn }, context);
  const got = getDistributionConfiguration.run({ distributionConfigurationArn }, context);
  await assert.rejects(got, gone);
});
