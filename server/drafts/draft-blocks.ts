/** What the drafts of a host name, for whoever must not take that for garbage. */
import { digestBytes } from '../blocks/map-pages.ts';
import type { Files } from '../files/files.ts';
import type { Home } from '../foundations/home.ts';
import { digestBytesOfRecord, journalPages, recordBytes } from './draft-journal.ts';

export interface DraftBlocks {
  hostId: string;
  /** Of all puts so far, many at a time, one digest after the other. Throws where it cannot tell. */
  digests(snapshotId: string): AsyncIterable<Buffer>;
}

export function draftBlocks(files: Files, home: Home, hostId: string): DraftBlocks {
  return {
    hostId,
    async *digests(snapshotId) {
      for await (const page of journalPages(files, home.draftFile(snapshotId))) {
        const digests = Buffer.alloc((page.length / recordBytes) * digestBytes);
        for (let i = 0; i * recordBytes < page.length; i++) {
          digests.set(digestBytesOfRecord(page, i * recordBytes), i * digestBytes);
        }
        yield digests;
      }
    },
  };
}
