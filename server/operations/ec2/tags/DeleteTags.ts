import type { DeleteTagsRequest, DeleteTagsResult } from '../../../../api/generated/ec2-types.ts';
import { deleteTags as removeTags } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';

export const deleteTags: Operation<DeleteTagsRequest, DeleteTagsResult> = {
  accepts: ['Resources', 'Tags'],
  async run({ Resources: resources, Tags: requests }, { catalog, caller }) {
    await catalog.write((transaction) => removeTags(transaction, caller, resources, requests));
    return {};
  },
};
