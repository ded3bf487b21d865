import type { ListTagsForResourceRequest, ListTagsForResourceResult } from '../../../api/rbin.ts';
import { ruleOfArn } from '../../domain/recycle-rules.ts';
import type { Operation } from '../operation.ts';

export const listTagsForResource: Operation<ListTagsForResourceRequest, ListTagsForResourceResult> =
  {
    accepts: ['ResourceArn'],
    async run({ ResourceArn: arn }, { catalog, caller }) {
      const { tags } = await catalog.read((reader) => ruleOfArn(reader, caller, arn));
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
