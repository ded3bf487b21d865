/** A small rest-json service for tests: it has all that EBS direct's requests and answers have. */
import type { ServiceModel } from '../../api/model.ts';

export const blocksModel = {
  service: 'blocks',
  version: '2026-11-25',
  protocol: 'rest-json',
  shapes: {
    GetBlockRequest: {
      members: { SnapshotId: 'string', BlockIndex: 'number', BlockToken: 'string' },
      required: ['SnapshotId', 'BlockIndex', 'BlockToken'],
    },
    GetBlockResponse: {
      members: { DataLength: 'number', BlockData: 'stream', Checksum: 'string' },
    },
    ListBlocksRequest: {
      members: { SnapshotId: 'string', Kinds: 'KindList', MaxResults: 'number' },
      required: ['SnapshotId'],
    },
    ListBlocksResponse: { members: { ExpiryTime: 'timestamp', Blocks: 'KindList' } },
    KindList: { list: 'string', xml: 'member' },
    PutBlockRequest: {
      members: {
        SnapshotId: 'string',
        BlockIndex: 'number',
        BlockData: 'stream',
        DataLength: 'number',
        Checksum: 'string',
        Progress: 'number',
      },
      required: ['SnapshotId', 'BlockIndex', 'BlockData', 'DataLength', 'Checksum'],
    },
    PutBlockResponse: { members: { Checksum: 'string' } },
    StartRequest: {
      members: { VolumeSize: 'number', Tags: 'StringMap', Until: 'timestamp', Token: 'string' },
      required: ['VolumeSize'],
    },
    StartResponse: { members: { SnapshotId: 'string', StartTime: 'timestamp' } },
    StringMap: { map: 'string' },
  },
  operations: {
    GetBlock: {
      input: 'GetBlockRequest',
      output: 'GetBlockResponse',
      http: {
        input: { SnapshotId: 'label', BlockIndex: 'label', BlockToken: 'query blockToken' },
        output: {
          DataLength: 'header x-amz-data-length',
          BlockData: 'payload',
          Checksum: 'header x-amz-checksum',
        },
      },
    },
    ListBlocks: {
      input: 'ListBlocksRequest',
      output: 'ListBlocksResponse',
      http: { input: { SnapshotId: 'label', Kinds: 'query kind', MaxResults: 'query maxResults' } },
    },
    PutBlock: {
      input: 'PutBlockRequest',
      output: 'PutBlockResponse',
      http: {
        status: 201,
        input: {
          SnapshotId: 'label',
          BlockIndex: 'label',
          BlockData: 'payload',
          DataLength: 'header x-amz-data-length',
          Checksum: 'header x-amz-checksum',
          Progress: 'header x-amz-progress',
        },
        output: { Checksum: 'header x-amz-checksum' },
      },
    },
    Start: {
      input: 'StartRequest',
      output: 'StartResponse',
      http: { status: 201, input: { Token: 'header x-amz-token' } },
    },
  },
  routes: {
    Complete: 'POST /snapshots/completion/{SnapshotId}',
    GetBlock: 'GET /snapshots/{SnapshotId}/blocks/{BlockIndex}',
    ListBlocks: 'GET /snapshots/{SnapshotId}/blocks',
    PutBlock: 'PUT /snapshots/{SnapshotId}/blocks/{BlockIndex}',
    Start: 'POST /snapshots',
    Stop: 'POST /snapshots/{SnapshotId}/stop',
  },
} as const satisfies ServiceModel;

export const blocksActionNames = Object.keys(blocksModel.routes);
