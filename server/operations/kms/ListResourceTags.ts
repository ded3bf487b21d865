import type {
  ListResourceTagsRequest,
  ListResourceTagsResult,
} from '../../../api/generated/kms-types.ts';
import { requiredOwnKey } from '../../domain/kms-keys.ts';
import { cutPage } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { marked, markedPage } from '../requests/kms.ts';
import { tagEntries } from '../shapes/kms.ts';

const limits = { usual: 50, max: 50 };

export const listResourceTags: Operation<ListResourceTagsRequest, ListResourceTagsResult> = {
  accepts: ['KeyId', 'Limit', 'Marker'],
  async run(input, { catalog, caller, clock }) {
    const page = markedPage(input, { ...caller, action: 'ListResourceTags' }, limits);
    const { tags } = await catalog.read((reader) =>
      requiredOwnKey(reader, caller, input.KeyId, clock.now()),
    );
    const entries = tagEntries(tags).map((tag) => ({ id: tag.TagKey, tag }));
    const sorted = entries.sort((a, b) => (a.id < b.id ? -1 : 1));
    const { rows, nextToken } = cutPage(sorted, page);
    return { Tags: rows.map(({ tag }) => tag), ...marked(nextToken) };
  },
};
