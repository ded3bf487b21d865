import type { ListTagsInput, ListTagsOutput } from '../../../../api/generated/backup-types.ts';
import { tagsOf } from '../../../domain/backups/tagged.ts';
import { cutPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';

export const listTags: Operation<ListTagsInput, ListTagsOutput> = {
  accepts: ['ResourceArn', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const page = backupPage(input, caller, 'ListTags');
    const tags = await catalog.read((reader) => tagsOf(reader, caller, input.ResourceArn));
    const all = Object.entries(tags).map(([id, value]) => ({ id, value }));
    all.sort((one, other) => (one.id < other.id ? -1 : 1));
    const { rows, nextToken } = cutPage(all, page);
    return {
      Tags: Object.fromEntries(rows.map(({ id, value }) => [id, value])),
      NextToken: nextToken,
    };
  },
};
