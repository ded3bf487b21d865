/**
 * The EBS direct APIs by the clients that there are: boto3 and aws-cli as Debian has them, AWS's
 * SDK for JavaScript; lost answers and a killed server as they happen to clients.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CompleteSnapshotCommand,
  EBSClient,
  GetSnapshotBlockCommand,
  ListSnapshotBlocksCommand,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import { DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { blockSizeBytes } from '../../server/blocks/block-store.ts';
import {
  checksumOfBlock,
  linearOf,
  putRequest,
  testBlock,
} from '../../server/operations/test-uploads.ts';
import { aws } from '../support/aws-cli.ts';
import { debianClient } from '../support/debian-client.ts';
import { ImagoProcess } from '../support/imago.ts';

let imago: ImagoProcess;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated' });
});
after(() => imago?.dispose());

function client(endpoint = imago.endpoint, maxAttempts = 1): EBSClient {
  return new EBSClient({
    endpoint,
    region: 'us-east-1',
    credentials: imago.credentials,
    maxAttempts,
  });
}

test('boto3: 64 threads write, all is read again, and every refusal has its name', async () => {
  const script = path.join(import.meta.dirname, 'ebs-threads.py');
  const printed = await debianClient(imago, 'python3', [script, imago.endpoint]);
  assert.deepEqual(printed.trim().split('\n'), [
    'pending 524288',
    'ValidationException INVALID_PARAMETER_VALUE',
    'ValidationException INVALID_BLOCK',
    'ValidationException INVALID_BLOCK',
    'ValidationException INVALID_PARAMETER_VALUE',
    'ResourceNotFoundException SNAPSHOT_NOT_FOUND',
    'ConflictException None',
    'ValidationException INVALID_PARAMETER_VALUE',
    'ValidationException INVALID_SNAPSHOT_ID',
    'ValidationException INVALID_PARAMETER_VALUE',
    'completed completed',
    'ValidationException INVALID_SNAPSHOT_ID',
    'True',
    'ValidationException INVALID_BLOCK_TOKEN',
    '[(5, False)]',
    'ResourceNotFoundException SNAPSHOT_NOT_FOUND',
  ]);
});

test('aws-cli writes a snapshot by hand, and reads it', async () => {
  const ebs = async <Answer = string>(action: string, ...words: string[]) =>
    (await aws(imago, 'ebs', action, ...words)) as Answer;
  const [source, target] = ['block', 'copy'].map((name) => path.join(imago.home, name));
  const block = randomBytes(blockSizeBytes);
  writeFileSync(source as string, block);
  const id = await ebs('start-snapshot', '--volume-size', '1', '--query', 'SnapshotId');
  const snapshot = ['--snapshot-id', id];
  const sum = ['--checksum-algorithm', 'SHA256', '--checksum'];
  await ebs(
    'put-snapshot-block',
    ...[...snapshot, '--block-index', '3', '--data-length', String(blockSizeBytes)],
    ...['--block-data', source as string, ...sum, checksumOfBlock(block)],
  );
  const completed = await ebs(
    'complete-snapshot',
    ...[...snapshot, '--changed-blocks-count', '1', ...sum, linearOf([block])],
    ...['--checksum-aggregation-method', 'LINEAR', '--query', 'Status'],
  );
  assert.equal(completed, 'completed');
  const listed = ['--query', 'Blocks[0].BlockToken'];
  const token = await ebs('list-snapshot-blocks', ...snapshot, ...listed);
  const wanted = ['--block-index', '3', '--block-token', token];
  await ebs('get-snapshot-block', ...snapshot, ...wanted, target as string);
  assert.deepEqual(readFileSync(target as string), block);
});

/** Forwards connections, and cuts each off when it has sent so many requests' bodies. */
async function cuttingProxy(everyNth: number): Promise<{ server: Server; endpoint: string }> {
  const { hostname, port } = new URL(imago.endpoint);
  let answers = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.pipe(far);
    far.on('data', (bytes) => {
      if (bytes.includes('HTTP/1.1 201') && ++answers % everyNth === 0) near.destroy();
      else near.write(bytes);
    });
    far.on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    for (const socket of [near, far]) socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  return { server, endpoint: `http://127.0.0.1:${address.port}` };
}

async function writers(count: number, work: (index: number) => Promise<unknown>, total: number) {
  const rest = Array.from({ length: total }, (_, i) => i).values();
  const writer = async () => {
    for (const index of rest) await work(index);
  };
  await Promise.all(Array.from({ length: count }, writer));
}

async function readAll(ebs: EBSClient, SnapshotId: string): Promise<Map<number, Buffer>> {
  const { Blocks = [] } = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId }));
  const read = new Map<number, Buffer>();
  for (const { BlockIndex = -1, BlockToken } of Blocks) {
    const command = new GetSnapshotBlockCommand({ SnapshotId, BlockIndex, BlockToken });
    const { BlockData } = await ebs.send(command);
    read.set(BlockIndex, Buffer.from((await BlockData?.transformToByteArray()) ?? []));
  }
  return read;
}

test('every tenth answer is lost, and the snapshot is whole all the same', async () => {
  const { server, endpoint } = await cuttingProxy(10);
  const ebs = client(endpoint, 5);
  try {
    const { SnapshotId = '' } = await client().send(new StartSnapshotCommand({ VolumeSize: 1 }));
    const total = 100;
    await writers(
      16,
      (index) => {
        const request = putRequest(SnapshotId, index, testBlock(index));
        return ebs.send(new PutSnapshotBlockCommand(request));
      },
      total,
    );
    const blocks = Array.from({ length: total }, (_, index) => testBlock(index));
    const complete = {
      SnapshotId,
      ChangedBlocksCount: total,
      Checksum: linearOf(blocks),
      ChecksumAlgorithm: 'SHA256',
      ChecksumAggregationMethod: 'LINEAR',
    } as const;
    const { Status } = await client().send(new CompleteSnapshotCommand(complete));
    assert.equal(Status, 'completed');
    const read = await readAll(client(), SnapshotId);
    assert.deepEqual(read, new Map(blocks.entries()));
  } finally {
    ebs.destroy();
    server.close();
  }
});

test('a draft goes on after a kill, with all that was answered', async () => {
  const { SnapshotId = '' } = await client().send(new StartSnapshotCommand({ VolumeSize: 1 }));
  const total = 60;
  const blocks = Array.from({ length: total }, (_, index) => testBlock(`kill ${index}`));
  const answered = new Set<number>();
  const put = async (index: number) => {
    const request = putRequest(SnapshotId, index, blocks[index] as Buffer);
    await client().send(new PutSnapshotBlockCommand(request));
    answered.add(index);
  };
  let killed: Promise<void> | undefined;
  const untilKilled = async (index: number) => {
    await put(index).catch(() => {});
    if (answered.size >= total / 3) killed ??= imago.kill();
  };
  await writers(8, untilKilled, total);
  await killed;
  assert.ok(answered.size < total);
  await imago.start();
  const describe = new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] });
  const { Snapshots } = await imago.ec2().send(describe);
  assert.equal(Snapshots?.[0]?.State, 'pending');
  await writers(8, async (index) => answered.has(index) || put(index), total);
  await client().send(new CompleteSnapshotCommand({ SnapshotId, ChangedBlocksCount: total }));
  assert.deepEqual(await readAll(client(), SnapshotId), new Map(blocks.entries()));
});
