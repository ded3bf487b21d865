/** What the drafts of a host name, for whoever must not take that for garbage. */
import { digestBytes } from '../blocks/map-pages.ts';
import type { Files } from '../files/files.ts';
import type { Home } from '../foundations/home.ts';
import { journalRecords } from './draft-journal.ts';

export interface DraftBlocks {
  hostId: string;
  /** Of all puts so far, many at a time, one digest after the other. Throws where it cannot tell. */
  digests(snapshotId: string): AsyncIterable<Buffer>;
}

export function draftBlocks(files: Files, home: Home, hostId: string): DraftBlocks {
  return {
    hostId,
    async *digests(snapshotId) {
      for await (const records of journalRecords(files, home.draftFile(snapshotId))) {
        const digests = Buffer.alloc(records.count * digestBytes);
        for (let i = 0; i < records.count; i++) digests.set(records.digestOf(i), i * digestBytes);
        yield digests;
      }
    },
  };
}
