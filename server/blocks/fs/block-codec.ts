/**
 * The processor's part of the block store: digests, compressing, verifying. Apart from the store,
 * so that it can be done in threads (codec-threads.ts) or, as here, at once.
 */
import { type Digest, digestOf } from '../block-store.ts';
import { decodeBlock, encodeBlock } from './block-file.ts';

export interface BlockCodec {
  /** The bytes are the caller's again when the call returns. */
  hash(plain: Buffer): Promise<HashedBlock>;
  /**
   * The block of a file's bytes, verified: throws BlockCorruptError. The bytes may be taken away.
   */
  decode(digest: Digest, file: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

/** A digest, and the means to go on: compressing is only for blocks that are not there. */
export interface HashedBlock {
  readonly digest: Digest;
  /** The block's file; once. */
  encode(): Promise<Buffer>;
}

export const inlineCodec: BlockCodec = {
  async hash(plain) {
    const own = Buffer.from(plain);
    return { digest: digestOf(own), encode: async () => encodeBlock(own) };
  },
  decode: async (digest, file) => decodeBlock(digest, file),
  close: async () => {},
};
