import type { ListBackupsRequest, ListBackupsResult } from '../../../api/imago-backups.ts';
import { pageOfBackups } from '../../domain/backups/backups.ts';
import { pageOf } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { backupShape, exclusiveBytes } from '../shapes/backup.ts';

const bounds = { min: 1, max: 1000 };

export const listBackups: Operation<ListBackupsRequest, ListBackupsResult> = {
  accepts: ['SourceId', 'MaxResults', 'NextToken'],
  inPages: { list: 'Backups', rows: bounds.max },
  async run(input, { catalog, caller, storage }) {
    const { SourceId: sourceId } = input;
    const { account, region } = caller;
    const action = `ListBackups ${sourceId ?? ''}`;
    const { limit = bounds.max, ...page } = pageOf(input, { account, region, action }, bounds);
    const { rows, nextToken } = await catalog.read((reader) =>
      pageOfBackups(reader, caller, { sourceId, page: { ...page, limit } }),
    );
    const measured = exclusiveBytes(storage);
    return { Backups: rows.map((row) => backupShape(row, measured)), NextToken: nextToken };
  },
};
