/**
 * Schemas in the form in which an official SDK exports them, of a rest-json service as EBS direct
 * is one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelText, typesText } from './api-text.ts';
import { readModel } from './sdk-model.ts';

const namespace = 'com.example.blocks';
const [string, number, timestamp, label, payload] = [0, 1, 4, 1, 16];
const header = (httpHeader: string) => ({ httpHeader });
const blockData = [0, namespace, 'BlockData', { streaming: 1 }, 42];
const tags = [2, namespace, 'TagMap', 0, string, string];

const putRequest = [
  3,
  namespace,
  'PutBlockRequest',
  0,
  ['SnapshotId', 'BlockData', 'DataLength', 'Kinds'],
  [
    [string, label],
    [() => blockData, payload],
    [number, header('x-amz-Data-Length')],
    [64, { httpQuery: 'kind' }],
  ],
  2,
];
const checksum = [string, header('x-amz-Checksum')];
const putResponse = [3, namespace, 'PutBlockResponse', 0, ['Checksum'], [checksum]];
const startRequest = [3, namespace, 'StartRequest', 0, ['Tags', 'Until'], [() => tags, timestamp]];
const operation = (name: string, http: unknown[], input: unknown, output: unknown) =>
  [9, namespace, name, { http }, () => input, () => output] as const;
const exported = {
  Put$: operation('PutBlock', ['PUT', '/snapshots/{SnapshotId}', 201], putRequest, putResponse),
  Start$: operation('Start', ['POST', '/snapshots', 200], startRequest, 'unit'),
  Stop$: operation('Stop', ['POST', '/snapshots/stop', 200], startRequest, 'unit'),
};
const facts = { service: 'blocks', version: '1', protocol: 'rest-json' } as const;

test('where members are in requests and answers is in the model', () => {
  const { model, actionNames } = readModel({ ...facts, exported }, ['PutBlock', 'Start']);
  assert.deepEqual(actionNames, ['PutBlock', 'Start', 'Stop']);
  assert.deepEqual(model.operations.PutBlock, {
    input: 'PutBlockRequest',
    output: 'PutBlockResponse',
    http: {
      status: 201,
      input: {
        SnapshotId: 'label',
        BlockData: 'payload',
        DataLength: 'header x-amz-data-length',
        Kinds: 'query kind',
      },
      output: { Checksum: 'header x-amz-checksum' },
    },
  });
  assert.deepEqual(model.operations.Start, { input: 'StartRequest' });
  assert.deepEqual(model.routes, {
    PutBlock: 'PUT /snapshots/{SnapshotId}',
    Start: 'POST /snapshots',
    Stop: 'POST /snapshots/stop',
  });
  assert.deepEqual(model.shapes.StartRequest, {
    members: { Tags: 'StringMap', Until: 'timestamp' },
  });
  assert.deepEqual(model.shapes.PutBlockRequest, {
    members: {
      SnapshotId: 'string',
      BlockData: 'stream',
      DataLength: 'number',
      Kinds: 'StringMemberList',
    },
    required: ['SnapshotId', 'BlockData'],
  });
  const types = typesText(model);
  assert.match(types, /BlockData: AsyncIterable<Uint8Array> \| Uint8Array;/);
  assert.match(types, /Tags\?: Record<string, string>;/);
  assert.match(modelText(model), /protocol: 'rest-json',[\s\S]*http: { status: 201, input: /);
});

test('what the codecs cannot do is refused by name', () => {
  const read = (traits: object) => {
    const request = [3, namespace, 'R', 0, ['Odd'], [[string, traits]]];
    const Put$ = operation('PutBlock', ['PUT', '/', 200], request, 'unit');
    return readModel({ ...facts, exported: { Put$ } }, ['PutBlock']);
  };
  assert.throws(() => read({ jsonName: 'odd' }), /R\.Odd in JSON/);
  assert.throws(() => read({ httpPrefixHeaders: 'x-' }), /map in the head/);
  assert.throws(() => read({ httpPayload: 1 }), /Odd is a payload/);
  assert.throws(() => readModel({ ...facts, exported }, ['Nope']), /blocks has no action Nope/);
});
