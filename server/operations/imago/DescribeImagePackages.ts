import type {
  DescribeImagePackagesRequest,
  DescribeImagePackagesResult,
} from '../../../api/imago-contents.ts';
import { pageOf } from '../../domain/pages.ts';
import { packagesOf } from '../../inspection/image-packages.ts';
import type { Operation } from '../operation.ts';
import { disksOfImage, readably } from '../requests/image-contents.ts';
import { packageShape } from '../shapes/image-package.ts';

const bounds = { min: 1, max: 1000 };

export const describeImagePackages: Operation<
  DescribeImagePackagesRequest,
  DescribeImagePackagesResult
> = {
  accepts: ['ImageId', 'Licenses', 'MaxResults', 'NextToken'],
  inPages: { list: 'Packages', rows: bounds.max },
  async run(input, context) {
    const { ImageId: imageId, Licenses: licenses = false } = input;
    const { account, region } = context.caller;
    const action = `DescribeImagePackages ${imageId}`;
    const {
      after = '0',
      limit = bounds.max,
      tokenAfter,
    } = pageOf(input, { account, region, action }, bounds);
    const disks = await disksOfImage(context, imageId);
    const { system, packages } = await readably(imageId, () =>
      packagesOf(context.inspector, disks, { licenses }),
    );
    const end = Number(after) + limit;
    return {
      Packages: packages.slice(Number(after), end).map((each) => packageShape(each, system)),
      ...(system?.prettyName !== undefined && { System: system.prettyName }),
      ...(end < packages.length && { NextToken: tokenAfter(String(end)) }),
    };
  },
};
