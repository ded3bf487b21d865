/**
 * The parameter store in the calls of the official client: its protocol, times, errors and pages.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GetParameterCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
  type PutParameterRequest,
  paginateGetParametersByPath,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { keyOf, startTestApi } from '../../http/test-api.ts';
import { createTestContext } from '../test-context.ts';

test('the official client puts, reads, pages and is told why not', async () => {
  await using context = await createTestContext();
  await using api = await startTestApi(context);
  const endpoint = `http://127.0.0.1:${api.port}`;
  const credentials = await keyOf(context, context.caller);
  const client = new SSMClient({ endpoint, credentials, region: 'us-east-1', maxAttempts: 1 });
  try {
    const put = { Type: 'String', Tier: 'Intelligent-Tiering' } as const;
    for (const name of Array.from({ length: 12 }, (_, index) => `/a/${index}`)) {
      await client.send(new PutParameterCommand({ ...put, Name: name, Value: name }));
    }
    const { Parameter } = await client.send(
      new GetParameterCommand({ Name: '/a/3', WithDecryption: true }),
    );
    assert.deepEqual(
      [Parameter?.Value, Parameter?.LastModifiedDate, Parameter?.Version],
      ['/a/3', context.now, 1],
    );
    const pages = [];
    for await (const page of paginateGetParametersByPath({ client }, { Path: '/a' })) {
      pages.push(page.Parameters?.length);
    }
    assert.deepEqual(pages, [10, 2]);
    const missing = new GetParameterCommand({ Name: '/none' });
    await assert.rejects(client.send(missing), { name: 'ParameterNotFound' });
    const empty = new GetParametersByPathCommand({ Path: undefined });
    await assert.rejects(client.send(empty), { name: 'ValidationException' });
    const nothing = { AllowedPattern: '', Policies: '[]' };
    await client.send(new PutParameterCommand({ ...put, Name: 'k', Value: 'v', ...nothing }));
    const refusals: [Partial<PutParameterRequest>, string][] = [
      [{ KeyId: 'alias/aws/ssm' }, 'UnsupportedOperation'],
      [{ AllowedPattern: '(a+)+$' }, 'UnsupportedOperation'],
      [{ Policies: '[{"Type":"NoChangeNotification"}]' }, 'UnsupportedOperation'],
      [{ Tier: 'Advanced' }, 'UnsupportedOperation'],
      [{ Type: 'SecureString' }, 'UnsupportedParameterType'],
    ];
    for (const [more, name] of refusals) {
      const refused = new PutParameterCommand({ ...put, Name: 'no', Value: 'v', ...more });
      await assert.rejects(client.send(refused), { name }, JSON.stringify(more));
    }
  } finally {
    client.destroy();
  }
});

test('Imago’s own clients speak to it as to every service', async () => {
  await using context = await createTestContext();
  await using api = await startTestApi(context);
  const ask = async (target: string, body: object) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
    };
    const key = await keyOf(context, context.caller);
    const request = { service: 'ssm', headers, body: JSON.stringify(body) };
    return (await (await api.fetch(key, request)).json()) as Record<string, unknown>;
  };
  await ask('ssm.PutParameter', { Name: 'a', Type: 'String', Value: 'b' });
  const { Parameter } = await ask('ssm.GetParameter', { Name: 'a' });
  const { LastModifiedDate } = Parameter as { LastModifiedDate: string };
  assert.equal(LastModifiedDate, context.now.toISOString());
  const { __type: code } = await ask('ebs.GetParameter', { Name: 'a' });
  assert.equal(code, 'InvalidAction');
  assert.equal((await ask('ssm.GetParameter', {})).__type, 'MissingParameter');
  assert.equal((await ask('AmazonSSM.GetParameter', {})).__type, 'ValidationException');
});
