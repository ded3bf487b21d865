/** The official clients against a listener with a small table of operations. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  AllocateAddressCommand,
  CreateTagsCommand,
  DescribeImagesCommand,
  type DescribeImagesCommandInput,
  DescribeKeyPairsCommand,
  DescribeRegionsCommand,
  DescribeVpcsCommand,
  EC2Client,
  ImportKeyPairCommand,
  paginateDescribeImages,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import type { Image, RunInstancesRequest } from '../../api/generated/ec2-types.ts';
import { ServiceError } from '../../api/service-error.ts';
import { account, credentials, startTestListener, type TestListener } from './test-listener.ts';

const seen: { imports: unknown[]; runs: RunInstancesRequest[]; tags: unknown[] } = {
  imports: [],
  runs: [],
  tags: [],
};

const image: Image = {
  ImageId: 'ami-1',
  Name: 'tags <b>&amp; "quotes" é \u{1f600}\r\n',
  Public: true,
  Tags: [],
  BlockDeviceMappings: [
    { DeviceName: '/dev/sda1', Ebs: { SnapshotId: 'snap-1', VolumeSize: 8, Encrypted: false } },
    { DeviceName: '/dev/sdb', NoDevice: '' },
  ],
  StateReason: { Code: 'c', Message: 'm' },
};

let imago: TestListener;
let ec2: EC2Client;
let sts: STSClient;

before(async () => {
  imago = await startTestListener({
    ec2: {
      DescribeImages: {
        accepts: ['ImageIds', 'Filters', 'NextToken', 'MaxResults'],
        run: async ({ NextToken }) => ({
          Images: [image],
          ...(NextToken === undefined ? { NextToken: 'a+/= b' } : {}),
        }),
      },
      DescribeVpcs: {
        accepts: [],
        run: async () => {
          throw new Error('secret detail');
        },
      },
      DescribeKeyPairs: { accepts: ['KeyNames'], run: async () => ({ KeyPairs: [] }) },
      ImportKeyPair: {
        accepts: ['KeyName', 'PublicKeyMaterial'],
        async run(input, { catalog, caller }) {
          if (input.KeyName === 'bad') throw new ServiceError('InvalidKey.Format', 'Not a key');
          seen.imports.push(input);
          const { KeyName: id } = input;
          await catalog.write(({ accounts }) =>
            accounts.insert({ id, name: id, alias: caller.account, createdAt: '' }),
          );
          return { KeyName: input.KeyName };
        },
      },
      RunInstances: {
        accepts: [
          'ImageId',
          'MinCount',
          'MaxCount',
          'UserData',
          'BlockDeviceMappings',
          'ClientToken',
          'TagSpecifications',
          'SecurityGroupIds',
          'InstanceMarketOptions',
          'Monitoring',
        ],
        async run(input) {
          seen.runs.push(input);
          return {
            ReservationId: 'r-1',
            Instances: [{ LaunchTime: new Date('2026-11-23T10:00:00.123Z'), AmiLaunchIndex: 0 }],
          };
        },
      },
      CreateTags: {
        accepts: ['Resources', 'Tags'],
        async run(input) {
          seen.tags.push(input);
          return {};
        },
      },
    },
    sts: {
      GetCallerIdentity: {
        accepts: [],
        run: async (_input, { caller }) => ({
          Account: caller.account,
          Arn: `arn:${caller.region}`,
        }),
      },
    },
  });
  const config = { endpoint: imago.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 };
  ec2 = new EC2Client(config);
  sts = new STSClient({ ...config, region: 'eu-west-1' });
});

after(async () => {
  ec2.destroy();
  sts.destroy();
  await imago[Symbol.asyncDispose]();
});

const failure = (code: string, status: number) => (error: unknown) => {
  const { name, $metadata } = error as { name: string; $metadata: { httpStatusCode: number } };
  assert.deepEqual([name, $metadata.httpStatusCode], [code, status]);
  return true;
};

describe('the SDK', () => {
  test('reads what was answered, with odd characters and empty lists', async () => {
    const answer = await ec2.send(new DescribeImagesCommand({ ImageIds: ['ami-1'] }));
    assert.deepEqual(answer.Images, [image]);
    assert.match(answer.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/);
  });

  test('pages', async () => {
    let pages = 0;
    for await (const page of paginateDescribeImages({ client: ec2 }, {}))
      pages += page.Images?.length ?? 0;
    assert.equal(pages, 2);
  });

  test('sends nested lists, dates, user data and booleans that arrive as they were', async () => {
    const input: RunInstancesCommandInput = {
      ImageId: 'ami-1',
      MinCount: 1,
      MaxCount: 3,
      ClientToken: 'token',
      UserData: Buffer.from('#!/bin/sh\necho é\n').toString('base64'),
      Monitoring: { Enabled: false },
      SecurityGroupIds: ['sg-1', 'sg-2'],
      BlockDeviceMappings: [
        { DeviceName: '/dev/sda1', Ebs: { VolumeSize: 8, DeleteOnTermination: true } },
        { DeviceName: '/dev/sdb', Ebs: { SnapshotId: 'snap-1', Encrypted: false } },
      ],
      TagSpecifications: [
        {
          ResourceType: 'instance',
          Tags: [
            { Key: 'a b', Value: '' },
            { Key: 'é&=', Value: '+%' },
          ],
        },
        { ResourceType: 'volume', Tags: [{ Key: 'k', Value: 'v' }] },
      ],
      InstanceMarketOptions: { SpotOptions: { ValidUntil: new Date('2026-12-01T00:00:00Z') } },
    };
    const answer = await ec2.send(new RunInstancesCommand(input));
    assert.deepEqual(seen.runs.at(-1), input);
    assert.deepEqual(answer.Instances?.[0]?.LaunchTime, new Date('2026-11-23T10:00:00.123Z'));
    assert.equal(answer.Instances?.[0]?.AmiLaunchIndex, 0);
  });

  test('sends blobs, and lists that the wire calls otherwise', async () => {
    const key = new Uint8Array([0, 255, 10, 13]);
    await ec2.send(new ImportKeyPairCommand({ KeyName: 'k1', PublicKeyMaterial: key }));
    assert.deepEqual(seen.imports.at(-1), { KeyName: 'k1', PublicKeyMaterial: key });
    const tags = { Resources: ['ami-1', 'ami-2'], Tags: [{ Key: 'k', Value: 'v' }] };
    await ec2.send(new CreateTagsCommand(tags));
    assert.deepEqual(seen.tags.at(-1), tags);
  });

  test('gets empty lists as such', async () => {
    assert.deepEqual((await ec2.send(new DescribeKeyPairsCommand())).KeyPairs, []);
  });

  test('is told which of sts there is not', async () => {
    const role = { RoleArn: `arn:aws:iam::${account}:role/some`, RoleSessionName: 'one' };
    for (const [command, action] of [
      [new AssumeRoleCommand(role), 'AssumeRole'],
      [new GetFederationTokenCommand({ Name: 'one' }), 'GetFederationToken'],
    ] as const) {
      await assert.rejects(sts.send(command as never), {
        name: 'UnsupportedOperation',
        message: new RegExp(action),
      });
    }
  });

  test('speaks sts, in another region', async () => {
    const { Account, Arn } = await sts.send(new GetCallerIdentityCommand());
    assert.deepEqual({ Account, Arn }, { Account: account, Arn: 'arn:eu-west-1' });
  });

  test('understands errors: their code, message, status and request id', async () => {
    await assert.rejects(
      ec2.send(
        new ImportKeyPairCommand({ KeyName: 'bad', PublicKeyMaterial: new Uint8Array([1]) }),
      ),
      (error: {
        name: string;
        message: string;
        $metadata: { httpStatusCode: number; requestId: string };
      }) => {
        assert.equal(error.name, 'InvalidKey.Format');
        assert.equal(error.message, 'Not a key');
        assert.equal(error.$metadata.httpStatusCode, 400);
        assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/);
        return true;
      },
    );
  });

  test('a cause that is no ServiceError goes to the log and not to the client', async () => {
    await assert.rejects(
      ec2.send(new DescribeVpcsCommand()),
      (error: Error & { RequestId?: string }) => {
        assert.equal(error.name, 'InternalError');
        assert.doesNotMatch(error.message, /secret/);
        const line = imago.log.find(({ message }) => message === 'operation failed');
        assert.match(String(line?.cause), /secret detail/);
        assert.ok(error.message.includes(String(line?.requestId)));
        return true;
      },
    );
  });

  test('an action that is not offered, and a parameter that has no effect', async () => {
    await assert.rejects(ec2.send(new AllocateAddressCommand()), {
      name: 'UnsupportedOperation',
      message: /AllocateAddress/,
    });
    const input: DescribeImagesCommandInput = { Owners: ['self'] };
    await assert.rejects(ec2.send(new DescribeImagesCommand(input)), {
      name: 'UnsupportedOperation',
      message: /Owners/,
    });
  });

  test('wrong secret', async () => {
    const wrong = new EC2Client({
      endpoint: imago.endpoint,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { ...credentials, secretAccessKey: 'x' },
    });
    await assert.rejects(
      wrong.send(new DescribeRegionsCommand()),
      failure('SignatureDoesNotMatch', 403),
    );
    wrong.destroy();
  });

  test('DryRun of a write does it all and keeps nothing, of a read as well', async () => {
    const PublicKeyMaterial = new Uint8Array([1]);
    const input = { KeyName: 'dry', PublicKeyMaterial };
    const expected = failure('DryRunOperation', 412);
    const rows = () => imago.catalog.read(({ accounts }) => accounts.get('dry'));
    const dry = new ImportKeyPairCommand({ ...input, DryRun: true });
    await assert.rejects(ec2.send(dry), expected);
    assert.equal(await rows(), undefined);
    await ec2.send(new ImportKeyPairCommand({ ...input, DryRun: false }));
    assert.equal((await rows())?.alias, account);
    // The row is there: the write was tried.
    await assert.rejects(ec2.send(dry), { name: 'InternalError' });
    await assert.rejects(ec2.send(new DescribeImagesCommand({ DryRun: true })), expected);
  });
});
