/**
 * Every action of AWS's that is offered is asked for by an official client, over HTTP, and done: by
 * AWS's SDK for JavaScript, and the recycle bin's rules, for which that is not at hand, by boto3.
 * What the client reads is what the operation answered. Each action has an account of its own with
 * what the authorisation matrix knows that it names; where that is not enough, requests.ts says
 * more. An action that is new fails here until it is done.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import * as backup from '@aws-sdk/client-backup';
import * as dlm from '@aws-sdk/client-dlm';
import * as ebs from '@aws-sdk/client-ebs';
import * as ec2 from '@aws-sdk/client-ec2';
import * as imagebuilder from '@aws-sdk/client-imagebuilder';
import * as kms from '@aws-sdk/client-kms';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import type { ServiceModel } from '../../api/model.ts';
import { keyOf, startTestApi, type TestApi } from '../../server/http/test-api.ts';
import { services } from '../../server/operations/generated/tables.ts';
import { createTestContext, type TestContext } from '../../server/operations/test-context.ts';
import { debianClient } from '../support/debian-client.ts';
import { repository } from '../support/imago.ts';
import { type Asked, doneElsewhere, requestOf } from './every-action/requests.ts';

type Output = Record<string, unknown>;
interface Sender {
  send(command: unknown): Promise<Output>;
  destroy(): void;
}

const clients: Record<string, { Client: new (config: object) => Sender; commands: object }> = {
  backup: { Client: backup.BackupClient as never, commands: backup },
  dlm: { Client: dlm.DLMClient as never, commands: dlm },
  ebs: { Client: ebs.EBSClient as never, commands: ebs },
  ec2: { Client: ec2.EC2Client as never, commands: ec2 },
  imagebuilder: { Client: imagebuilder.ImagebuilderClient as never, commands: imagebuilder },
  kms: { Client: kms.KMSClient as never, commands: kms },
  ssm: { Client: ssm.SSMClient as never, commands: ssm },
  sts: { Client: sts.STSClient as never, commands: sts },
};

let context: TestContext;
let api: TestApi;
/** What operations answered, the newest last. */
const answers: Output[] = [];
before(async () => {
  context = await createTestContext();
  api = await startTestApi(context, { services: services.map(recorded) });
});
after(async () => {
  await api?.[Symbol.asyncDispose]();
  await context?.[Symbol.asyncDispose]();
});

function recorded(service: (typeof services)[number]): (typeof services)[number] {
  const operations = Object.entries(service.operations).map(([action, operation]) => {
    const run = async (...asked: Parameters<typeof operation.run>) => {
      const answer = await operation.run(...asked);
      answers.push(answer as Output);
      return answer;
    };
    return [action, { ...operation, run }];
  });
  return { ...service, operations: Object.fromEntries(operations) };
}

/** Without what is not there: an empty list is on the wire as none at all, or the other way. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, function (this: Record<string, unknown>, key, each) {
      // A Buffer has been made JSON of before it comes here.
      const bytes = this[key];
      if (bytes instanceof Uint8Array) return Buffer.from(bytes).toString('base64');
      if (Array.isArray(each) && each.length === 0) return undefined;
      return each;
    }),
  );
}

async function ask(model: ServiceModel, action: string, { as, input }: Asked): Promise<Output> {
  const { service } = model;
  const { Client, commands } = clients[service] ?? assert.fail(`no client of ${service}`);
  const Command = (commands as Record<string, new (input: object) => unknown>)[`${action}Command`];
  if (!Command) throw new Error(`the client of ${service} has no ${action}`);
  const client = new Client({
    endpoint: `http://127.0.0.1:${api.port}`,
    region: 'us-east-1',
    credentials: await keyOf(context, as.caller),
    maxAttempts: 1,
  });
  try {
    const { $metadata, ...output } = await client.send(new Command(input));
    const { status = 200 } = model.operations[action]?.http ?? {};
    assert.equal(($metadata as { httpStatusCode?: number }).httpStatusCode, status);
    return await whole(output);
  } finally {
    client.destroy();
  }
}

/** With what came as a stream. */
async function whole(output: Output): Promise<Output> {
  const entries = Object.entries(output).map(async ([name, value]) => [
    name,
    value instanceof Readable ? Buffer.concat(await Array.fromAsync(value)) : value,
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

for (const { model, operations } of services.filter(({ model }) => model.service in clients)) {
  const { service } = model;
  for (const action of Object.keys(operations)) {
    const elsewhere = doneElsewhere[action];
    test(`the SDK asks for ${service} ${action}${elsewhere ? `, in ${elsewhere}` : ''}`, async () => {
      if (elsewhere) {
        const text = readFileSync(path.join(repository, elsewhere), 'utf8');
        assert.match(text, new RegExp(`new ${action}Command\\(`));
        return;
      }
      const output = await ask(model, action, await requestOf(context, model, action));
      assert.deepEqual(plain(output), plain(answers.at(-1) ?? {}));
    });
  }
}

test('boto3 asks for all that the recycle bin has', async () => {
  const { model, operations } =
    services.find((each) => each.model.service === 'rbin') ?? assert.fail();
  const all = [];
  for (const action of Object.keys(operations)) {
    const { as, input } = await requestOf(context, model, action);
    all.push({ service: 'rbin', action, input, key: await keyOf(context, as.caller) });
  }
  const before = answers.length;
  const script = path.join(import.meta.dirname, 'every-action/boto3-each.py');
  const endpoint = `http://127.0.0.1:${api.port}`;
  const { home } = context;
  const imago = { endpoint, home: home.folder, credentials: await keyOf(context, context.caller) };
  const words = [script, JSON.stringify(all)];
  const environment = { AWS_ENDPOINT_URL: endpoint };
  const printed = JSON.parse(await debianClient(imago, 'python3', words, { environment }));
  const answered = answers.slice(before);
  assert.equal(answered.length, all.length);
  for (const [index, { action }] of all.entries()) {
    // That client is older than the ARN of a rule, and leaves it out.
    const { RuleArn: _, ...answer } = answered[index] ?? {};
    assert.deepEqual(plain(printed[index]), plain(answer), action);
  }
});

test('of services that AWS has none is without a client here', () => {
  const known = [...Object.keys(clients), 'rbin', 'imago'];
  assert.deepEqual(services.map(({ model }) => model.service).sort(), known.sort());
});
