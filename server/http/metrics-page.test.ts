/** Who may read /metrics: an operator by an access key, and nobody else in any other way. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import {
  credentials,
  otherCredentials,
  signedHeaders,
  startTestListener,
} from './test-listener.ts';

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
const { accessKeyId: id, secretAccessKey: secret } = credentials;

function ask(
  port: number,
  headers: Record<string, string>,
  { method = 'GET', path = '/metrics' } = {},
): Promise<{ status?: number; headers: Record<string, unknown>; text: string }> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, text }),
      );
    })
      .on('error', reject)
      .end();
  });
}

const source = { contentType: 'text/plain; version=0.0.4', read: async () => 'up 1\n' };

test('an operator reads metrics by the id and the secret of an access key', async () => {
  await using listener = await startTestListener({ metrics: source });
  const answer = await ask(listener.port, basic(id, secret));
  assert.deepEqual([answer.status, answer.text], [200, 'up 1\n']);
  assert.equal(answer.headers['content-type'], source.contentType);
  assert.equal(answer.headers['cache-control'], 'no-store');
});

test('others are refused, and are told nothing of whether there is such a key', async () => {
  await using listener = await startTestListener({ metrics: source });
  const { port } = listener;
  const signed = await signedHeaders(port, { method: 'GET', path: '/metrics', service: 'imago' });
  const refused: [string, Record<string, string>][] = [
    ['nobody', {}],
    ['a wrong secret', basic(id, `${secret}x`)],
    ['no secret', basic(id, '')],
    ['no such key', basic('AKIANONE', secret)],
    ['no such key and no secret', basic('AKIANONE', '')],
    ['a signature', signed as Record<string, string>],
    ['a session', basic('ASIATEST', 'session secret')],
    ['another scheme', { authorization: `Bearer ${secret}` }],
    ['what is not base64', { authorization: 'Basic %%%' }],
    ['far too much', basic(id, 'x'.repeat(5000))],
  ];
  const texts = new Set<string>();
  for (const [who, headers] of refused) {
    const answer = await ask(port, headers);
    assert.equal(answer.status, 401, who);
    assert.match(String(answer.headers['www-authenticate']), /^Basic /);
    texts.add(answer.text);
  }
  assert.equal(texts.size, 1);
  const other = basic(otherCredentials.accessKeyId, otherCredentials.secretAccessKey);
  assert.equal((await ask(port, other)).status, 403);
  assert.equal((await ask(port, basic(id, secret), { method: 'POST' })).status, 405);
});

test('name and password open nothing but metrics', async () => {
  await using listener = await startTestListener({ metrics: source });
  for (const path of ['/', '/metrics/', '/metrics/x', '/imago/server', '/?Action=DescribeImages']) {
    const { status, text } = await ask(listener.port, basic(id, secret), { path });
    assert.ok(status !== 200 && !text.includes('up 1'), path);
  }
});

test('a key that is not active any more reads nothing; where there are no metrics nothing is there', async () => {
  await using listener = await startTestListener({ metrics: source, inactive: new Set([id]) });
  assert.equal((await ask(listener.port, basic(id, secret))).status, 401);
  await using bare = await startTestListener({});
  assert.ok(![200, 401].includes((await ask(bare.port, basic(id, secret))).status ?? 0));
});

test('what fails says nothing of itself', async () => {
  const read = async () => {
    throw new Error('secret detail');
  };
  await using listener = await startTestListener({ metrics: { ...source, read } });
  const { status, text } = await ask(listener.port, basic(id, secret));
  assert.equal(status, 500);
  assert.doesNotMatch(text, /secret detail/);
});

test('whoever counts hears of each request what it was', async () => {
  const heard: unknown[] = [];
  await using listener = await startTestListener({
    onAnswered: ({ tookMs, ...answered }) => {
      assert.ok(tookMs >= 0);
      const { service, action, status } = answered;
      heard.push({ service, action, status });
    },
  });
  const target = { 'x-amz-target': 'imago.DescribeServer' };
  const path = '/';
  const headers = await signedHeaders(listener.port, {
    service: 'imago',
    headers: { ...target, 'content-type': 'application/x-amz-json-1.1' },
    path,
  });
  await ask(listener.port, headers as Record<string, string>, { method: 'POST', path });
  await ask(listener.port, {}, { method: 'POST', path });
  assert.deepEqual(heard[0], { service: 'imago', action: 'DescribeServer', status: 400 });
  assert.deepEqual((heard[1] as { action?: string }).action, undefined);
});
