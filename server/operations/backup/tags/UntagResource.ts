import type {
  UntagResourceInput,
  UntagResourceResult,
} from '../../../../api/generated/backup-types.ts';
import { changeTagsOf } from '../../../domain/backups/tagged.ts';
import { userTags } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';

/** Those that are the service's own stay. */
export const untagResource: Operation<UntagResourceInput, UntagResourceResult> = {
  accepts: ['ResourceArn', 'TagKeyList'],
  async run({ ResourceArn: arn, TagKeyList: keys }, { catalog, caller }) {
    await catalog.write((transaction) =>
      changeTagsOf(transaction, caller, arn, (before) => {
        const gone = keys.filter((key) => Object.hasOwn(userTags(before), key));
        return Object.fromEntries(Object.entries(before).filter(([key]) => !gone.includes(key)));
      }),
    );
    return {};
  },
};
