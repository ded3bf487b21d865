import type {
  TagResourceRequest,
  TagResourceResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { changeTagsOf } from '../../../domain/imagebuilder/resources.ts';
import type { Operation } from '../../operation.ts';
import { builderTags } from '../../requests/image-builder.ts';

export const tagResource: Operation<TagResourceRequest, TagResourceResponse> = {
  accepts: ['resourceArn', 'tags'],
  async run({ resourceArn, tags }, { catalog, caller }) {
    await catalog.write((transaction) =>
      changeTagsOf(transaction, caller, resourceArn, (before) => builderTags(tags, before)),
    );
    return {};
  },
};
