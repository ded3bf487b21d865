import type {
  DescribeFastLaunchImagesRequest,
  DescribeFastLaunchImagesResult,
} from '../../../../api/generated/ec2-types.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { requiredImage } from '../../../domain/images.ts';
import { pageOf, usualPageBounds } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';

/** It is enabled for Windows images, of which there are none. */
export const describeFastLaunchImages: Operation<
  DescribeFastLaunchImagesRequest,
  DescribeFastLaunchImagesResult
> = {
  accepts: ['ImageIds', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const { ImageIds: ids = [] } = input;
    pageOf(input, { ...caller, action: 'DescribeFastLaunchImages' }, usualPageBounds, ids);
    const absent = ['owner-id', 'resource-type', 'state'];
    rowFilter(input.Filters, { values: {}, absent });
    await catalog.read(async (reader) => {
      for (const id of ids) await requiredImage(reader, caller, id);
    });
    return { FastLaunchImages: [] };
  },
};
