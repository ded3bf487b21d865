/** The bytes of a block and the checksums of requests of the EBS direct APIs. */
import { ServiceError } from '../../../api/service-error.ts';
import { blockSizeBytes, type Digest } from '../../blocks/block-store.ts';
import { fillsRoom } from '../../foundations/room.ts';

/** The only one that there is. */
export const checksumAlgorithm = 'SHA256';

type BlockData = AsyncIterable<Uint8Array> | Uint8Array;

/** Reads all of it into the block, which is as long as one has to be. */
export async function readBlock(data: BlockData, block: Buffer): Promise<Buffer> {
  const bytes = fillsRoom(data) ? await data.readInto(block) : await copyInto(data, block);
  if (bytes === blockSizeBytes) return block;
  throw new ServiceError(
    'InvalidBlock',
    `A block has ${blockSizeBytes} bytes, and not ${bytes} as this one.`,
  );
}

async function copyInto(data: BlockData, block: Buffer): Promise<number> {
  let bytes = 0;
  for await (const chunk of data instanceof Uint8Array ? [data] : data) {
    if (bytes + chunk.length <= block.length) block.set(chunk, bytes);
    bytes += chunk.length;
  }
  return bytes;
}

/** As a digest: 32 bytes in base64. */
export function checksumOf(text: string, algorithm: string | undefined): Digest {
  if (algorithm !== checksumAlgorithm) {
    throw invalid(`ChecksumAlgorithm is ${checksumAlgorithm}.`);
  }
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 32 && bytes.toString('base64') === text) return bytes.toString('hex');
  throw invalid('Checksum is a SHA-256 in base64.');
}

export function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
