import type { PutParameterRequest, PutParameterResult } from '../../../api/generated/ssm-types.ts';
import { parameterTags, putParameter as put } from '../../domain/parameter-changes.ts';
import type { Operation } from '../operation.ts';

export const putParameter: Operation<PutParameterRequest, PutParameterResult> = {
  accepts: ['Name', 'Value', 'Type', 'DataType', 'Description', 'Overwrite', 'Tags'],
  // Of tiers only the standard one is needed here, whatever the value, and it has no policies.
  fixed: { Tier: ['Standard', 'Intelligent-Tiering'], Policies: '[]' },
  run: (input, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const asked = {
        name: input.Name,
        value: input.Value,
        type: input.Type,
        dataType: input.DataType,
        description: input.Description,
        overwrite: input.Overwrite ?? false,
        tags: input.Tags?.length ? parameterTags({}, input.Tags) : undefined,
      };
      const { number: Version } = await put(transaction, caller, asked, clock.now());
      return { Version, Tier: 'Standard' };
    }),
};
