import type { ListBackupsRequest, ListBackupsResult } from '../../../api/imago-backups.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { newestOfSources, pageOfBackups, type SourceNow } from '../../domain/backups/backups.ts';
import { pageOf } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { backupShape, exclusiveBytes } from '../shapes/backup.ts';

const bounds = { min: 1, max: 1000 };

export const listBackups: Operation<ListBackupsRequest, ListBackupsResult> = {
  accepts: ['SourceId', 'Since', 'Until', 'NewestOnly', 'MaxResults', 'NextToken'],
  inPages: { list: 'Backups', rows: bounds.max },
  async run(input, { catalog, caller, storage }) {
    const { SourceId: sourceId, Since: since, Until: until, NewestOnly: newestOnly } = input;
    checkTogether(input);
    const { account, region } = caller;
    const words = [sourceId, since?.toISOString(), until?.toISOString(), newestOnly && 'newest'];
    const action = `ListBackups ${words.map((word) => word ?? '').join(' ')}`;
    const { limit = bounds.max, ...rest } = pageOf(input, { account, region, action }, bounds);
    const page = { ...rest, limit };
    const { rows, nextToken, sources } = await catalog.read((reader) =>
      newestOnly
        ? newestOfSources(reader, caller, page)
        : pageOfBackups(reader, caller, { sourceId, since, until, page }),
    );
    const measured = exclusiveBytes(storage);
    const shown = rows.map((row) => {
      const shape = backupShape(row, measured);
      return { ...shape, ...sourceShape(sources?.get(shape.SourceId)) };
    });
    return { Backups: shown, NextToken: nextToken };
  },
};

function sourceShape(source: SourceNow | undefined) {
  if (!source) return {};
  const { name, state: SourceState } = source;
  return { SourceState, ...(name !== undefined && { SourceName: name }) };
}

function checkTogether({ SourceId, Since, Until, NewestOnly }: ListBackupsRequest): void {
  if ((Since !== undefined || Until !== undefined) && SourceId === undefined) {
    throw invalid('Since and Until are for the backups of one SourceId.');
  }
  if (NewestOnly && SourceId !== undefined) throw invalid('NewestOnly is of all sources.');
  if (Since && Until && Since > Until) throw invalid('Since is after Until.');
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterCombination', message);
}
