import type {
  UntagResourceRequest,
  UntagResourceResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { changeTagsOf } from '../../../domain/imagebuilder/resources.ts';
import type { Operation } from '../../operation.ts';

export const untagResource: Operation<UntagResourceRequest, UntagResourceResponse> = {
  accepts: ['resourceArn', 'tagKeys'],
  async run({ resourceArn, tagKeys }, { catalog, caller }) {
    await catalog.write((transaction) =>
      changeTagsOf(transaction, caller, resourceArn, (before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !tagKeys.includes(key))),
      ),
    );
    return {};
  },
};
