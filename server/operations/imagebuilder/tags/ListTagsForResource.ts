import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { tagsOf } from '../../../domain/imagebuilder/resources.ts';
import type { Operation } from '../../operation.ts';

export const listTagsForResource: Operation<
  ListTagsForResourceRequest,
  ListTagsForResourceResponse
> = {
  accepts: ['resourceArn'],
  async run({ resourceArn }, { catalog, caller }) {
    return { tags: await catalog.read((reader) => tagsOf(reader, caller, resourceArn)) };
  },
};
