import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { Client } from './client.ts';

interface Seen {
  headers: http.IncomingHttpHeaders;
  body: string;
}

let server: http.Server;
let answer: { status: number; body: unknown };
let seen: Seen;
const key = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };
const client = (endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`) =>
  new Client({ endpoint, region: 'eu-central-1', ...key });

before(async () => {
  server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen = { headers: request.headers, body };
    response.writeHead(answer.status).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(() => server.close());

test('a call is a signed JSON request for its service', async () => {
  answer = { status: 200, body: { Images: [] } };
  assert.deepEqual(await client().ec2('DescribeImages', { ImageIds: ['ami-1'] }), { Images: [] });
  assert.equal(seen.headers['x-amz-target'], 'ec2.DescribeImages');
  assert.equal(seen.headers['content-type'], 'application/x-amz-json-1.1');
  assert.equal(seen.body, '{"ImageIds":["ami-1"]}');
  assert.equal(seen.headers.authorization?.split('Signature=')[1], signature(seen, 'ec2'));
});

test("Imago's own actions are signed for its own service", async () => {
  answer = { status: 200, body: { TaskId: 'task-1' } };
  await client().imago('BuildImage', { Name: 'micro' });
  assert.equal(seen.headers['x-amz-target'], 'imago.BuildImage');
  assert.equal(seen.headers.authorization?.split('Signature=')[1], signature(seen, 'imago'));
});

test('an error that the server answers is thrown with its code', async () => {
  answer = { status: 400, body: { __type: 'InvalidAMIID.NotFound', message: 'It is not there' } };
  await assert.rejects(client().ec2('DescribeImages', {}), {
    code: 'InvalidAMIID.NotFound',
    message: 'It is not there (InvalidAMIID.NotFound)',
    exitCode: 1,
  });
});

test('a server that is not there is said in a sentence, with what to do', async () => {
  const closed = http.createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
  await new Promise((resolve) => closed.close(resolve));
  await assert.rejects(client(endpoint).ec2('DescribeImages', {}), {
    name: 'CommandError',
    message: `Imago does not answer at ${endpoint} (ECONNREFUSED).`,
    advice: /imago serve/,
  });
});

test('another program at its address is told from Imago, and one that says nothing is waited for no longer', async () => {
  const page = http.createServer((_, response) => response.writeHead(501).end('<html>no</html>'));
  const silent = http.createServer(() => {});
  for (const each of [page, silent]) {
    await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
  }
  const placeOf = (of: http.Server) => `http://127.0.0.1:${(of.address() as AddressInfo).port}`;
  await assert.rejects(client(placeOf(page)).ec2('DescribeImages', {}), {
    name: 'CommandError',
    message: `What answers at ${placeOf(page)} is no Imago (HTTP 501).`,
    advice: /imago doctor/,
  });
  const connection = { endpoint: placeOf(silent), region: 'eu-central-1', ...key };
  const asked = new Client(connection, { answerMs: 50 }).ec2('DescribeImages', {});
  await assert.rejects(asked, {
    name: 'CommandError',
    message: /does not answer at .* \(it takes requests, and does not answer them\)/,
  });
  for (const each of [page, silent]) {
    each.closeAllConnections();
    each.close();
  }
});

/** Signature version 4 by the letter, written down a second time. */
function signature({ headers, body }: Seen, service: string): string {
  const credential = headers.authorization ?? '';
  const names = /SignedHeaders=([^,]+)/.exec(credential)?.[1]?.split(';') ?? [];
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (secret: string | Buffer, text: string) =>
    createHmac('sha256', secret).update(text).digest();
  const canonical = [
    'POST',
    '/',
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const time = String(headers['x-amz-date']);
  const scope = `${time.slice(0, 8)}/eu-central-1/${service}/aws4_request`;
  const parts = [time.slice(0, 8), 'eu-central-1', service, 'aws4_request'];
  const signingKey = parts.reduce<string | Buffer>(hmac, `AWS4${key.secretAccessKey}`);
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  return hmac(signingKey, text).toString('hex');
}
