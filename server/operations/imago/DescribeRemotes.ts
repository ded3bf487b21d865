import type {
  DescribeRemotesRequest,
  DescribeRemotesResult,
  Remote,
} from '../../../api/imago-remotes.ts';
import type { RemoteRow } from '../../catalog/rows/remote.ts';
import { requiredRemotes } from '../../domain/backups/remotes.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';

/** Everything but their secrets. */
export const describeRemotes: Operation<DescribeRemotesRequest, DescribeRemotesResult> = {
  accepts: ['RemoteIds', 'MaxResults', 'NextToken'],
  inPages: { list: 'Remotes', ids: 'RemoteIds' },
  async run(input, { catalog, caller }) {
    const { RemoteIds: ids = [] } = input;
    const { account, region } = caller;
    const page = pageOf(input, { ...caller, action: 'DescribeRemotes' }, usualPageBounds, ids);
    const { rows, nextToken } = await catalog.read(async (reader) =>
      ids.length > 0
        ? cutPage(await requiredRemotes(reader, caller, ids), page)
        : readPage(reader.remotes, { account, region }, page),
    );
    return { Remotes: rows.map(remoteShape), NextToken: nextToken };
  },
};

function remoteShape(row: RemoteRow): Remote {
  return {
    RemoteId: row.id,
    Name: row.name,
    Endpoint: row.endpoint,
    Region: row.farRegion,
    AccessKeyId: row.accessKeyId,
    BytesPerSecond: row.bytesPerSecond,
    SendTags: (row.sends ?? []).map(({ key, value }) => ({ Key: key, Value: value })),
    CreateTime: new Date(row.createdAt),
  };
}
