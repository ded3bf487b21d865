import type { CreateTagsRequest, CreateTagsResult } from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { createTags as addTags, checkedTags } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';

export const createTags: Operation<CreateTagsRequest, CreateTagsResult> = {
  accepts: ['Resources', 'Tags'],
  async run({ Resources: resources, Tags: requests }, { catalog, caller }) {
    if (requests.length === 0) {
      throw new ServiceError('MissingParameter', 'The request must contain the parameter tagSet');
    }
    const tags = checkedTags(requests);
    await catalog.write((transaction) => addTags(transaction, caller, resources, tags));
    return {};
  },
};
