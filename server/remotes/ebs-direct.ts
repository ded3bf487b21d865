/**
 * The EBS direct APIs of a remote: snapshots block by block. What it answers is checked: a list is
 * in order, a block has the checksum that is said of it. Whether it is the right block is for who
 * asks to know.
 */
import { blockSizeBytes, type Digest, digestOf } from '../blocks/block-store.ts';
import { packed, UnpackError, unpacked, zstdCoding } from '../foundations/zstd.ts';
import {
  type FarAnswer,
  FarAwayError,
  type FarClient,
  FarError,
  jsonAnswer,
} from './far-client.ts';

export interface FarBlock {
  index: number;
  /** Absent: it is zeros now. */
  token?: string;
}

export interface FarStart {
  volumeSizeGiB: number;
  parentId?: string;
  clientToken: string;
  description: string;
  encrypted?: true;
}

export interface FarStarted {
  farId: string;
  /** Blocks may be put as Zstandard. */
  takesZstd?: true;
}

/** Of a request that is answered as JSON. */
interface More {
  query?: Record<string, string>;
  headers?: object;
  body?: object;
}

export interface FarPut {
  block: Buffer;
  digest: Digest;
  asZstd?: boolean;
}

/** A far draft is given up when nothing was put for so long: EBS's longest. */
const timeoutMinutes = 60;
const pageBlocks = 1000;
/** One after the other that has nothing, and says that there is more. */
const emptyPagesMax = 100;
/** 64 TiB, the largest volume: what is listed beyond that is of none. */
const indexMax = (64 * 2 ** 40) / blockSizeBytes;

export class EbsDirect {
  readonly #client: FarClient;
  readonly #asksForZstd: boolean;

  /** `asksForZstd`: of another Imago, which gives blocks so if it can; AWS is asked for what it has. */
  constructor(client: FarClient, { asksForZstd = false } = {}) {
    this.#client = client;
    this.#asksForZstd = asksForZstd;
  }

  async start(start: FarStart): Promise<FarStarted> {
    const { volumeSizeGiB, parentId, clientToken, description, encrypted } = start;
    const request = {
      VolumeSize: volumeSizeGiB,
      ClientToken: clientToken,
      Description: description,
      Timeout: timeoutMinutes,
      ...(parentId !== undefined && { ParentSnapshotId: parentId }),
      ...(encrypted && { Encrypted: true }),
    };
    const { headers, body } = await this.#ask('POST', '/snapshots', { body: request });
    const takesZstd = this.#asksForZstd && headers['accept-encoding'] === zstdCoding;
    const farId = idOf(jsonAnswer(body).SnapshotId, 'snap');
    return { farId, ...(takesZstd && { takesZstd }) };
  }

  /** The checksum is of the block, whatever is on the wire; that is what is signed. */
  async put(snapshotId: string, index: number, put: FarPut): Promise<void> {
    const { block, digest, asZstd } = put;
    const frame = asZstd ? await packed(block) : undefined;
    await this.#client.ask({
      service: 'ebs',
      method: 'PUT',
      path: `/snapshots/${snapshotId}/blocks/${index}`,
      headers: {
        'content-type': 'application/octet-stream',
        'x-amz-content-sha256': frame ? digestOf(frame) : digest,
        ...(frame && { 'content-encoding': zstdCoding }),
        'x-amz-data-length': String(blockSizeBytes),
        'x-amz-checksum': Buffer.from(digest, 'hex').toString('base64'),
        'x-amz-checksum-algorithm': 'SHA256',
      },
      body: frame ?? block,
    });
  }

  /** `checksum` is the linear one of all that was put, where it is known. */
  async complete(snapshotId: string, blocks: number, checksum?: string): Promise<string> {
    const linear = {
      'x-amz-checksum': checksum ?? '',
      'x-amz-checksum-algorithm': 'SHA256',
      'x-amz-checksum-aggregation-method': 'LINEAR',
    };
    const answer = await this.#json('POST', `/snapshots/completion/${snapshotId}`, {
      headers: {
        'x-amz-changedblockscount': String(blocks),
        ...(checksum !== undefined && linear),
      },
    });
    return String(answer.Status);
  }

  /** By ascending index, from one on: what it has, or what differs from `before`. */
  async *blocks(snapshotId: string, from = 0, before?: string): AsyncGenerator<FarBlock> {
    const path = `/snapshots/${snapshotId}/${before === undefined ? 'blocks' : 'changedblocks'}`;
    let last = from - 1;
    let emptyPages = 0;
    for (let pageToken: string | undefined, first = true; first || pageToken; first = false) {
      const answer = await this.#json('GET', path, {
        query: {
          maxResults: String(pageBlocks),
          ...(before !== undefined && { firstSnapshotId: before }),
          ...(pageToken === undefined ? { startingBlockIndex: String(from) } : { pageToken }),
        },
      });
      const list = before === undefined ? answer.Blocks : answer.ChangedBlocks;
      emptyPages = listOf(list).length > 0 ? 0 : emptyPages + 1;
      if (emptyPages > emptyPagesMax) {
        throw new FarAwayError(`the list of the blocks of ${snapshotId} does not end`);
      }
      for (const each of listOf(list)) {
        const { BlockIndex: index, BlockToken, SecondBlockToken } = each;
        const token = before === undefined ? BlockToken : SecondBlockToken;
        if (
          typeof index !== 'number' ||
          !Number.isInteger(index) ||
          index <= last ||
          index >= indexMax
        ) {
          throw new FarAwayError(`the list of the blocks of ${snapshotId} is not in order`);
        }
        last = index;
        yield { index, ...(typeof token === 'string' && { token }) };
      }
      const next = answer.NextToken;
      pageToken = typeof next === 'string' && next !== '' ? next : undefined;
    }
  }

  /** Whole, and as its checksum says. */
  async get(snapshotId: string, { index, token = '' }: FarBlock): Promise<Buffer> {
    const answer = await this.#client.ask({
      service: 'ebs',
      method: 'GET',
      path: `/snapshots/${snapshotId}/blocks/${index}`,
      query: { blockToken: token },
      headers: this.#asksForZstd ? { 'accept-encoding': zstdCoding } : {},
    });
    const block = await plainOf(answer);
    const checksum = block && Buffer.from(digestOf(block), 'hex').toString('base64');
    if (block?.length === blockSizeBytes && answer.headers['x-amz-checksum'] === checksum) {
      return block;
    }
    throw new FarAwayError(`block ${index} of ${snapshotId} does not come as it is said to be`);
  }

  async #json(method: 'GET' | 'POST', path: string, more: More): Promise<Record<string, unknown>> {
    const { body } = await this.#ask(method, path, more);
    return jsonAnswer(body);
  }

  #ask(method: 'GET' | 'POST', path: string, { query, headers, body }: More): Promise<FarAnswer> {
    const json = body && Buffer.from(JSON.stringify(body));
    const type = json && { 'content-type': 'application/json' };
    return this.#client.ask({
      service: 'ebs',
      method,
      path,
      query,
      headers: { ...headers, ...type },
      body: json,
    });
  }
}

/** Never more than a block; undefined where it is no Zstandard, as it says. */
async function plainOf({ headers, body }: FarAnswer): Promise<Buffer | undefined> {
  if (headers['content-encoding'] !== zstdCoding) return body;
  try {
    return await unpacked(body, blockSizeBytes);
  } catch (error) {
    if (error instanceof UnpackError) return undefined;
    throw error;
  }
}

/** Nothing that could become part of another path. */
export function idOf(value: unknown, prefix: 'ami' | 'snap'): string {
  if (typeof value === 'string' && new RegExp(`^${prefix}-[0-9a-f]{8,17}$`).test(value)) {
    return value;
  }
  throw new FarAwayError(`what it answers has no id of the form ${prefix}-…`);
}

/** What was named is not there. */
export function isNotThere(error: unknown): boolean {
  return (
    error instanceof FarError &&
    (error.code === 'ResourceNotFoundException' || /\.NotFound$/.test(error.code))
  );
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}
