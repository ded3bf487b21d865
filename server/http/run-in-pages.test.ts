/**
 * Long lists through a real listener: by the official client, by one that leaves, and when the
 * catalog fails half-way.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  EC2Client,
} from '@aws-sdk/client-ec2';
import type { OperationContext } from '../operations/operation.ts';
import { type AnyOperation, runInPages } from './run-in-pages.ts';
import {
  credentials,
  signedHeaders,
  startTestListener,
  type TestListener,
} from './test-listener.ts';

const total = 30_000;
let imago: TestListener;
let ec2: EC2Client;
let asked: { MaxResults?: number; NextToken?: string }[] = [];
let failsAt = Number.POSITIVE_INFINITY;

before(async () => {
  imago = await startTestListener({
    ec2: {
      DescribeImages: {
        accepts: ['ImageIds', 'MaxResults', 'NextToken'],
        inPages: { list: 'Images', ids: 'ImageIds' },
        async run({ ImageIds, MaxResults = total, NextToken }) {
          asked.push({ MaxResults, NextToken });
          if (ImageIds) return { Images: ImageIds.map((ImageId) => ({ ImageId })) };
          const from = Number(NextToken ?? 0);
          if (from >= failsAt) throw new Error('the catalog fails');
          const to = Math.min(total, from + MaxResults);
          const Images = Array.from({ length: to - from }, (_, index) => ({
            ImageId: `ami-${from + index}`,
            Description: 'd'.repeat(200),
          }));
          return { Images, NextToken: to < total ? String(to) : undefined };
        },
      },
      DescribeInstances: {
        accepts: ['InstanceIds', 'MaxResults', 'NextToken', 'Filters'],
        inPages: {
          list: 'Reservations',
          ids: 'InstanceIds',
          async *whole({ Filters }) {
            for (let number = 0; number < 3; number++) {
              yield [{ ReservationId: `r-${number}-${Filters?.[0]?.Name}` }];
            }
          },
        },
        async run({ MaxResults }) {
          const more = MaxResults === undefined ? undefined : 'more';
          return { Reservations: [{ ReservationId: 'r-page' }], NextToken: more };
        },
      },
    },
  });
  const { endpoint } = imago;
  ec2 = new EC2Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
});
after(() => imago[Symbol.asyncDispose]());
beforeEach(() => {
  asked = [];
  failsAt = Number.POSITIVE_INFINITY;
  imago.log.length = 0;
});

test('who asks for all gets all in one answer, read in pages', async () => {
  const { Images = [], NextToken } = await ec2.send(new DescribeImagesCommand({}));
  assert.equal(NextToken, undefined);
  assert.deepEqual(
    Images.map(({ ImageId }) => ImageId),
    Array.from({ length: total }, (_, index) => `ami-${index}`),
  );
  assert.ok(asked.length > 10 && asked.every(({ MaxResults = 0 }) => MaxResults <= 1000));
});

test('who asks for the rest from a token on gets the rest', async () => {
  const { Images = [], NextToken } = await ec2.send(
    new DescribeImagesCommand({ NextToken: String(total - 700) }),
  );
  assert.equal(NextToken, undefined);
  assert.equal(Images.length, 700);
  assert.equal(Images[0]?.ImageId, `ami-${total - 700}`);
});

test('a page is one page, and names are no page', async () => {
  const page = await ec2.send(new DescribeImagesCommand({ MaxResults: 1000 }));
  assert.equal(page.Images?.length, 1000);
  assert.equal(page.NextToken, '1000');
  const named = await ec2.send(new DescribeImagesCommand({ ImageIds: ['ami-7'] }));
  assert.equal(named.Images?.length, 1);
  assert.deepEqual(asked, [
    { MaxResults: 1000, NextToken: undefined },
    { MaxResults: total, NextToken: undefined },
  ]);
});

test('others have their turn before a long page is written', async () => {
  const turnsFor = async (input: { MaxResults?: number; Ids?: string[] }) => {
    let turns = 0;
    const operation: AnyOperation = {
      accepts: [],
      inPages: { list: 'Rows', ids: 'Ids' },
      run: async () => {
        setImmediate(() => turns++);
        return { Rows: [] };
      },
    };
    await runInPages(operation, input, {} as OperationContext);
    return turns;
  };
  assert.equal(await turnsFor({ MaxResults: 600 }), 1);
  assert.equal(await turnsFor({ Ids: new Array(600).fill('1') }), 1);
  assert.equal(await turnsFor({ MaxResults: 250 }), 0);
  assert.equal(await turnsFor({ Ids: ['1'] }), 0);
});

test('who asks for all of what no page may split gets it whole', async () => {
  const Filters = [{ Name: 'vpc-id', Values: ['vpc-1'] }];
  const ids = async (input: DescribeInstancesCommandInput) => {
    const { Reservations = [], NextToken } = await ec2.send(new DescribeInstancesCommand(input));
    return [...Reservations.map(({ ReservationId }) => ReservationId), NextToken];
  };
  const all = [0, 1, 2].map((number) => `r-${number}-vpc-id`);
  assert.deepEqual(await ids({ Filters }), [...all, undefined]);
  assert.deepEqual(await ids({ MaxResults: 5 }), ['r-page', 'more']);
  assert.deepEqual(await ids({ InstanceIds: ['i-7'] }), ['r-page', undefined]);
});

test('what fails in the first page is an error; later the answer breaks off and the log says why', async () => {
  failsAt = 0;
  await assert.rejects(ec2.send(new DescribeImagesCommand({})), { name: 'InternalError' });
  failsAt = total / 2;
  imago.log.length = 0;
  await assert.rejects(ec2.send(new DescribeImagesCommand({})), { message: /aborted|terminated/ });
  const [failed] = imago.log.filter(({ level }) => level === 'error');
  assert.match(JSON.stringify(failed), /the catalog fails/);
});

test('a slow client is waited for, and one that leaves is not read for', async () => {
  const body = 'Action=DescribeImages&Version=2016-11-15';
  const headers = await signedHeaders(imago.port, { body });
  const sent = request(imago.endpoint, { method: 'POST', headers });
  sent.on('error', () => {});
  sent.end(body);
  const [response] = await once(sent, 'response');
  response.on('error', () => {});
  const all = total / (asked[0]?.MaxResults ?? 1);
  await restOfAsking();
  assert.ok(asked.length < all, `${asked.length} of ${all} pages were read that nobody took`);
  sent.destroy();
  await restOfAsking();
  assert.ok(asked.length < all, `${asked.length} of ${all} pages were read for nobody`);
  assert.deepEqual(
    imago.log.filter(({ level }) => level === 'error'),
    [],
  );
});

/** Until nothing has been asked for some time. */
async function restOfAsking(): Promise<void> {
  for (let before = -1; before !== asked.length; ) {
    before = asked.length;
    await sleep(300);
  }
}
