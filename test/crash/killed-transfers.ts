/**
 * Whole uploads (EBS direct APIs) and imports of disk files beside each other, while Imago is killed
 * again and again at moments of a seed. A client repeats what was not answered, and nothing else.
 * In the end each snapshot has the bytes of its source, an import that was cancelled has left none,
 * all blocks are whole, and with the snapshots everything goes.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CompleteSnapshotCommand,
  EBSClient,
  GetSnapshotBlockCommand,
  ListSnapshotBlocksCommand,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import {
  CancelImportTaskCommand,
  DeleteSnapshotCommand,
  DescribeImportSnapshotTasksCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  ImportSnapshotCommand,
} from '@aws-sdk/client-ec2';
import { blockSizeBytes } from '../../server/blocks/block-store.ts';
import { seededNumbers } from '../../server/files/crashing/seeded-numbers.ts';
import { linearOf, putRequest } from '../../server/operations/test-uploads.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { until } from '../support/until.ts';

export interface KilledTransfers {
  seed: number;
  kills: number;
  /** Of each upload and each file. */
  blocks: number;
}

const writersOfUpload = 4;
/** Kills come at most so long after what they wait for. */
const laterMaxMs = 300;

export async function tellKilledTransfers(told: KilledTransfers): Promise<void> {
  const story = await Story.begin(told);
  try {
    await story.tell();
  } catch (error) {
    console.error(`seed ${told.seed}\n${story.log.slice(-6000)}`);
    throw error;
  } finally {
    await story.end();
  }
}

class Story {
  readonly #told: KilledTransfers;
  readonly #random: (below: number) => number;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'im-killed-'));
  #imago!: ImagoProcess;
  /** What was answered or seen to go on, of all. */
  #progress = 0;
  #isOver = false;

  private constructor(told: KilledTransfers) {
    this.#told = told;
    this.#random = seededNumbers(told.seed);
  }

  static async begin(told: KilledTransfers): Promise<Story> {
    const story = new Story(told);
    const flags = ['--import-folder', `disks=${story.#folder}`];
    story.#imago = await ImagoProcess.start({ hypervisor: 'simulated', flags });
    return story;
  }

  get log(): string {
    return this.#imago.log;
  }

  async end(): Promise<void> {
    await this.#imago.dispose();
    rmSync(this.#folder, { recursive: true });
  }

  async tell(): Promise<void> {
    const works = [this.#upload('one'), this.#upload('other'), this.#import('disk.raw')];
    const whole = Promise.all(works).finally(() => {
      this.#isOver = true;
    });
    const [made] = await Promise.all([whole, this.#cancelledImport('left.raw'), this.#kill()]);
    for (const { id, content } of made) await this.#assertIs(id, content);
    const known = await this.#ec2((ec2) =>
      ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] })),
    );
    assert.deepEqual(
      known.Snapshots?.map(({ SnapshotId }) => SnapshotId).sort(),
      made.map(({ id }) => id).sort(),
    );
    await this.#imago.stop();
    this.#command('fsck');
    await this.#imago.start();
    for (const { id } of made)
      await this.#ec2((ec2) => ec2.send(new DeleteSnapshotCommand({ SnapshotId: id })));
    await this.#imago.stop();
    for (let round = 0; round < 2; round++) this.#command('gc', '--grace', '0');
    assert.match(this.#command('fsck'), /^0 blocks /m);
  }

  #command(...words: string[]): string {
    return execFileSync(launcher, [...words, '--home', this.#imago.home], { encoding: 'utf8' });
  }

  /** After so much progress, and a little later. */
  async #kill(): Promise<void> {
    for (let kill = 0; kill < this.#told.kills && !this.#isOver; kill++) {
      const next = this.#progress + 1 + this.#random(this.#told.blocks);
      await until('there is progress', () => this.#isOver || this.#progress >= next);
      await delay(this.#random(laterMaxMs));
      await this.#imago.kill();
      await this.#imago.start();
    }
  }

  /** Some blocks are equal to others, and some are zero. */
  #content(name: string): Map<number, Buffer> {
    const content = new Map<number, Buffer>();
    for (let index = 0; index < this.#told.blocks; index++) {
      const kind = this.#random(8);
      if (kind === 0) continue;
      const text = kind === 1 ? 'of any' : `${name} ${index} ${this.#random(1e6)} `;
      content.set(index, Buffer.alloc(blockSizeBytes, text));
    }
    return content;
  }

  async #upload(name: string) {
    const content = this.#content(name);
    const request = new StartSnapshotCommand({ VolumeSize: 1, ClientToken: `upload-${name}` });
    const { SnapshotId: id = '' } = await this.#answered(() => this.#ebs().send(request));
    const left = [...content];
    const write = async () => {
      for (let next = left.pop(); next; next = left.pop()) {
        const put = new PutSnapshotBlockCommand(putRequest(id, ...next));
        await this.#answered(() => this.#ebs().send(put));
      }
    };
    await Promise.all(Array.from({ length: writersOfUpload }, write));
    const complete = new CompleteSnapshotCommand({
      SnapshotId: id,
      ChangedBlocksCount: content.size,
      Checksum: linearOf([...content.values()]),
      ChecksumAlgorithm: 'SHA256',
      ChecksumAggregationMethod: 'LINEAR',
    });
    await this.#answered(() => this.#ebs().send(complete));
    const SnapshotIds = [id];
    await until('it is completed', async () => {
      const described = await this.#ec2((ec2) =>
        ec2.send(new DescribeSnapshotsCommand({ SnapshotIds })),
      );
      return described.Snapshots?.[0]?.State === 'completed';
    });
    return { id, content };
  }

  async #import(name: string) {
    const content = this.#content(name);
    const id = await this.#beginImport(name, content);
    const detail = await this.#untilImported(id, 'completed');
    return { id: detail?.SnapshotId ?? '', content };
  }

  /** It may be over when it is cancelled, or be cancelled already by what was not answered. */
  async #cancelledImport(name: string): Promise<void> {
    const id = await this.#beginImport(name, this.#content(name));
    const cancel = new CancelImportTaskCommand({ ImportTaskId: id });
    await this.#ec2((ec2) => ec2.send(cancel)).catch(({ name: code }: Error) =>
      assert.equal(code, 'IncorrectState'),
    );
    const { SnapshotId, Status } = (await this.#untilImported(id, 'deleted', 'completed')) ?? {};
    if (Status === 'completed') {
      await this.#ec2((ec2) => ec2.send(new DeleteSnapshotCommand({ SnapshotId })));
    }
  }

  async #beginImport(name: string, content: Map<number, Buffer>): Promise<string> {
    const file = Buffer.alloc(this.#told.blocks * blockSizeBytes);
    for (const [index, block] of content) block.copy(file, index * blockSizeBytes);
    writeFileSync(path.join(this.#folder, name), file);
    const DiskContainer = { Format: 'RAW', Url: `s3://disks/${name}` };
    const order = new ImportSnapshotCommand({ DiskContainer, ClientToken: name });
    return (await this.#ec2((ec2) => ec2.send(order))).ImportTaskId ?? '';
  }

  async #untilImported(id: string, ...wanted: string[]) {
    for (let told = ''; ; await delay(100)) {
      const described = new DescribeImportSnapshotTasksCommand({ ImportTaskIds: [id] });
      const { ImportSnapshotTasks: [task] = [] } = await this.#ec2((ec2) => ec2.send(described));
      const { Status, StatusMessage, Progress = '' } = task?.SnapshotTaskDetail ?? {};
      if (wanted.includes(Status ?? '')) return task?.SnapshotTaskDetail;
      assert.ok(Status === 'active' || Status === 'deleting', `${Status}: ${StatusMessage}`);
      if (Progress !== told) this.#progress++;
      told = Progress;
    }
  }

  async #assertIs(SnapshotId: string, content: ReadonlyMap<number, Buffer>): Promise<void> {
    const ebs = this.#ebs();
    const found = new Set<number>();
    for (let NextToken: string | undefined; ; ) {
      const page = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId, NextToken }));
      for (const { BlockIndex = 0, BlockToken } of page.Blocks ?? []) {
        const get = new GetSnapshotBlockCommand({ SnapshotId, BlockIndex, BlockToken });
        const bytes = await (await ebs.send(get)).BlockData?.transformToByteArray();
        assert.ok(content.get(BlockIndex)?.equals(bytes ?? Buffer.of()), `block ${BlockIndex}`);
        found.add(BlockIndex);
      }
      NextToken = page.NextToken;
      if (NextToken === undefined) break;
    }
    assert.deepEqual(found, new Set(content.keys()));
  }

  /** Again and again, until it is: as a client does whose server is away. */
  async #answered<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const answer = await ask();
        this.#progress++;
        return answer;
      } catch (error) {
        const { $response } = error as { $response?: { statusCode?: number } };
        // What a server says is no lost answer.
        if (($response?.statusCode ?? 500) < 500) throw error;
        await delay(20);
      }
    }
  }

  #ec2<T>(ask: (ec2: EC2Client) => Promise<T>): Promise<T> {
    return this.#answered(() => ask(this.#imago.ec2()));
  }

  #ebs(): EBSClient {
    const { endpoint, credentials } = this.#imago;
    return new EBSClient({ endpoint, credentials, region: 'us-east-1', maxAttempts: 1 });
  }
}
