/** The EBS direct APIs: snapshots that are written, and read, block by block. */
import { zeroBlock } from '../../../server/blocks/block-store.ts';
import { putRequest, start, testBlock, upload } from '../../../server/operations/test-uploads.ts';
import { type AuthorisationTable, byOne, kmsKeyId, type Naming, type Noun } from '../table.ts';

const shared: Pick<Noun, 'missing' | 'unseen' | 'sharings' | 'share'> = {
  missing: 'snap-0fedcba9876543210',
  unseen: 'InvalidSnapshot.NotFound',
  sharings: ['shared', 'public'],
  share: ({ catalog }, id, permission) =>
    catalog.write(async ({ snapshots }) => {
      const row = await snapshots.get(id);
      if (row) await snapshots.update({ ...row, createVolumePermissions: [permission] });
    }),
};

const { SnapshotId: _, ...block } = putRequest('', 0, zeroBlock);
/** What is asked for at its path has the names that EBS gives to errors. */
const atPath: Partial<Naming> = { unseen: 'ResourceNotFoundException' };

export const table: AuthorisationTable = {
  nouns: {
    writtenSnapshot: {
      make: (context) => upload(context, { 0: testBlock('of the matrix') }),
      ...shared,
    },
    draft: { make: (context) => start(context), ...shared },
  },
  actions: {
    'ebs.StartSnapshot': byOne('ParentSnapshotId', 'writtenSnapshot', {
      seen: 'ok',
      with: { VolumeSize: 1 },
      names: [{ ...kmsKeyId, path: 'KmsKeyArn' }],
    }),
    'ebs.PutSnapshotBlock': byOne('SnapshotId', 'draft', {
      ...atPath,
      seen: 'AccessDeniedException',
      with: block,
    }),
    'ebs.CompleteSnapshot': byOne('SnapshotId', 'draft', {
      seen: 'AuthFailure',
      with: { ChangedBlocksCount: 0 },
    }),
    'ebs.ListSnapshotBlocks': byOne('SnapshotId', 'writtenSnapshot', { seen: 'ok' }),
    'ebs.ListChangedBlocks': byOne('SecondSnapshotId', 'writtenSnapshot', {
      seen: 'ok',
      needs: { SecondSnapshotId: 'writtenSnapshot' },
      names: [{ path: 'FirstSnapshotId', noun: 'writtenSnapshot', seen: 'ok' }],
    }),
    // Whoever sees the snapshot is told that the token is none.
    'ebs.GetSnapshotBlock': byOne('SnapshotId', 'writtenSnapshot', {
      ...atPath,
      owner: 'ValidationException',
      seen: 'ValidationException',
      with: { BlockIndex: 0, BlockToken: 'AAAA' },
    }),
  },
};
