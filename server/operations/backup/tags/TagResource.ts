import type {
  TagResourceInput,
  TagResourceResult,
} from '../../../../api/generated/backup-types.ts';
import { changeTagsOf } from '../../../domain/backups/tagged.ts';
import type { Operation } from '../../operation.ts';
import { backupTags } from '../../requests/backup.ts';

export const tagResource: Operation<TagResourceInput, TagResourceResult> = {
  accepts: ['ResourceArn', 'Tags'],
  async run({ ResourceArn: arn, Tags: tags }, { catalog, caller }) {
    await catalog.write((transaction) =>
      changeTagsOf(transaction, caller, arn, (before) => backupTags(tags, before)),
    );
    return {};
  },
};
