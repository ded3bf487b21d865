import type { DiffImagesRequest, DiffImagesResult } from '../../../api/imago-differences.ts';
import { pageOf } from '../../domain/pages.ts';
import { differencesOf } from '../../inspection/image-differences.ts';
import { packagesOf } from '../../inspection/image-packages.ts';
import type { Operation } from '../operation.ts';
import { disksOfImage, readably } from '../requests/image-contents.ts';

const bounds = { min: 1, max: 1000 };
/** To be raised whenever what is compared, or how it is told, changes. */
const version = 2;

export const diffImages: Operation<DiffImagesRequest, DiffImagesResult> = {
  accepts: ['ImageId', 'OtherImageId', 'MaxResults', 'NextToken'],
  inPages: { list: 'Files', rows: bounds.max },
  async run(input, context) {
    const { ImageId: imageId, OtherImageId: otherId } = input;
    const { inspector, caller } = context;
    const { account, region } = caller;
    const scope = { account, region, action: `DiffImages ${imageId} ${otherId}` };
    const { after = '0', limit = bounds.max, tokenAfter } = pageOf(input, scope, bounds);
    const [one, other] = [
      await disksOfImage(context, imageId),
      await disksOfImage(context, otherId),
    ];
    const { Same, Packages, Files } = await readably(`${imageId} or ${otherId}`, async () => {
      const was = await packagesOf(inspector, one, { licenses: false });
      const is = await packagesOf(inspector, other, { licenses: false });
      return inspector.keptOfBoth(`differences-${version}`, [one, other], (old, now, blocks) =>
        differencesOf({ ...old, ...was }, { ...now, ...is }, blocks),
      );
    });
    const end = Number(after) + limit;
    return {
      Same,
      Packages: after === '0' ? Packages : [],
      Files: Files.slice(Number(after), end),
      ...(end < Files.length && { NextToken: tokenAfter(String(end)) }),
    };
  },
};
