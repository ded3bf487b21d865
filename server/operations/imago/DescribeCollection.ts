import type {
  DescribeCollectionRequest,
  DescribeCollectionResult,
} from '../../../api/imago-collections.ts';
import type { Operation } from '../operation.ts';
import { collectionShape } from '../shapes/collection.ts';

export const describeCollection: Operation<DescribeCollectionRequest, DescribeCollectionResult> = {
  accepts: [],
  audience: 'operator',
  async run(_input, { garbage }) {
    const last = garbage.describe();
    return { Collection: last && collectionShape(last) };
  },
};
