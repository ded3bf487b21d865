/** rest-json to the letter: where members are in requests and answers, and what is refused. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseQuery } from './form.ts';
import type { RequestBody, RequestHead } from './protocol.ts';
import { restJson } from './rest-json.ts';
import { blocksModel } from './test-blocks.ts';

const blocks = restJson(blocksModel);

function head(request: string, headers: Record<string, string> = {}): RequestHead {
  const [method = '', url = ''] = request.split(' ');
  const [path = '', queryString = ''] = url.split('?');
  return { method, path, query: parseQuery(queryString), headers };
}
const json = { 'content-type': 'application/json' };

function decode(request: string, headers = {}, body: RequestBody | string = '') {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const ask = blocks.read(head(request, headers), bytes);
  return [ask.action, ask.decode()] as const;
}

describe('requests', () => {
  test('labels, query parameters, lists in the query', () => {
    assert.deepEqual(decode('GET /snapshots/snap%2F1/blocks/7?blockToken=a%20b'), [
      'GetBlock',
      { SnapshotId: 'snap/1', BlockIndex: 7, BlockToken: 'a b' },
    ]);
    const list = 'GET /snapshots/s/blocks?kind=a&kind=b&maxResults=5&X-Amz-Signature=x';
    assert.deepEqual(decode(list), [
      'ListBlocks',
      { SnapshotId: 's', Kinds: ['a', 'b'], MaxResults: 5 },
    ]);
    assert.deepEqual(decode('GET /snapshots/s/blocks/'), ['ListBlocks', { SnapshotId: 's' }]);
  });

  test('headers, and the payload as it is', async () => {
    const headers = { 'x-amz-data-length': '3', 'x-amz-checksum': 'abc=' };
    const [action, input] = decode('PUT /snapshots/s/blocks/0', headers, Buffer.from('\u0000\n'));
    const { BlockData, ...rest } = input;
    assert.equal(action, 'PutBlock');
    assert.deepEqual(rest, { SnapshotId: 's', BlockIndex: 0, DataLength: 3, Checksum: 'abc=' });
    const bytes = await Array.fromAsync(BlockData as AsyncIterable<Uint8Array>);
    assert.deepEqual(Buffer.concat(bytes), Buffer.from('\u0000\n'));
  });

  test('a JSON body: maps, times in seconds, null is absent', () => {
    const body = '{"VolumeSize":8,"Tags":{"a":"b"},"Until":1.5}';
    assert.deepEqual(decode('POST /snapshots', { ...json, 'x-amz-token': 't' }, body), [
      'Start',
      { VolumeSize: 8, Tags: { a: 'b' }, Until: new Date(1500), Token: 't' },
    ]);
    assert.deepEqual(decode('POST /snapshots', json, '{"VolumeSize":8,"Tags":null}')[1], {
      VolumeSize: 8,
    });
  });

  test('what is written out wins over a label', () => {
    const ask = (request: string) => blocks.read(head(request), Buffer.alloc(0)).action;
    assert.equal(ask('POST /snapshots/completion/stop'), 'Complete');
    assert.equal(ask('POST /snapshots/s/stop'), 'Stop');
  });

  test('the head says the action, and whether its body is a stream', () => {
    const target = (request: string) => blocks.targetOf(head(request));
    assert.deepEqual(target('PUT /snapshots/s/blocks/1'), { action: 'PutBlock', streamed: true });
    assert.deepEqual(target('POST /snapshots'), { action: 'Start', streamed: false });
    assert.deepEqual(target('POST /snapshots/s/stop'), { action: 'Stop', streamed: false });
    assert.equal(target('POST /'), undefined);
  });

  const block = 'GET /snapshots/s/blocks';
  const refusals: [string, object, string, string, RegExp][] = [
    ['GET /', {}, '', 'UnknownOperationException', /GET \//],
    ['DELETE /snapshots/s/blocks/1', {}, '', 'UnknownOperationException', /DELETE/],
    [`${block}/1/2?blockToken=t`, {}, '', 'UnknownOperationException', /blocks/],
    ['GET /snapshots/../blocks/1?blockToken=t', {}, '', 'UnknownOperationException', /blocks/],
    ['GET /snapshots//blocks/1?blockToken=t', {}, '', 'UnknownOperationException', /blocks/],
    ['GET /snapshots/%zz/blocks', {}, '', 'MalformedQueryString', /path/],
    [`${block}/x?blockToken=t`, {}, '', 'InvalidParameterValue', /BlockIndex/],
    [`${block}/1`, {}, '', 'MissingParameter', /BlockToken/],
    [`${block}/1?blockToken=t&more=1`, {}, '', 'UnknownParameter', /more/],
    [`${block}/1?blockToken=t&blockToken=u`, {}, '', 'InvalidParameterValue', /once/],
    [`${block}/1?blockToken=t`, json, '{"a":1}', 'UnknownParameter', /a/],
    ['PUT /snapshots/s/blocks/1', { 'x-amz-data-length': '1' }, '', 'MissingParameter', /Checksum/],
    ['POST /snapshots', json, '{', 'SerializationException', /JSON/],
    ['POST /snapshots', json, '[]', 'InvalidParameterValue', /object/],
    ['POST /snapshots', json, '{}', 'MissingParameter', /VolumeSize/],
    ['POST /snapshots', json, '{"VolumeSize":8,"Token":"t"}', 'UnknownParameter', /Token/],
    ['POST /snapshots', json, '{"VolumeSize":8,"Tags":{"a":1}}', 'InvalidParameterValue', /Tags.a/],
    ['POST /snapshots', json, '{"VolumeSize":8,"Until":"now"}', 'InvalidParameterValue', /Until/],
    ['POST /snapshots', json, '{"VolumeSize":8,"Until":1e300}', 'InvalidParameterValue', /Until/],
    ['POST /snapshots', {}, '{"VolumeSize":8}', 'UnsupportedProtocol', /application\/json/],
  ];
  for (const [request, headers, body, code, message] of refusals) {
    test(`${request} ${body} -> ${code}`, () => {
      assert.throws(() => decode(request, headers, body), { code, message });
    });
  }
});

describe('answers', () => {
  test('headers, status and the rest as JSON', () => {
    const made = blocks.result('Start', { SnapshotId: 's', StartTime: new Date(1500) }, 'r');
    assert.deepEqual([made.status, made.headers], [201, json]);
    assert.equal(String(made.body), '{"SnapshotId":"s","StartTime":1.5}');
    const put = blocks.result('PutBlock', { Checksum: 'c' }, 'r');
    assert.deepEqual(put.headers, { ...json, 'x-amz-checksum': 'c' });
    assert.equal(String(put.body), '{}');
  });

  test('a payload goes out as it comes', async () => {
    async function* data() {
      yield Buffer.from([0, 255]);
      yield Buffer.from([1]);
    }
    const { status, headers, body } = blocks.result(
      'GetBlock',
      { DataLength: 3, BlockData: data() },
      'r',
    );
    assert.deepEqual(
      [status, headers],
      [200, { 'content-type': 'application/octet-stream', 'x-amz-data-length': '3' }],
    );
    assert.deepEqual(Buffer.concat(await Array.fromAsync(body)), Buffer.from([0, 255, 1]));
  });

  test('an error has its code in a header', () => {
    const { headers, body } = blocks.error({ code: 'C', message: 'm', sender: true }, 'r');
    assert.deepEqual(headers, { ...json, 'x-amzn-errortype': 'C' });
    assert.equal(String(body), '{"message":"m"}');
  });
});
