import type {
  GetImageBillOfMaterialsRequest,
  GetImageBillOfMaterialsResult,
} from '../../../api/imago-contents.ts';
import { readableImage } from '../../domain/image-contents.ts';
import { cyclonedx, spdx } from '../../inspection/bill-of-materials.ts';
import { packagesOf } from '../../inspection/image-packages.ts';
import type { Operation } from '../operation.ts';
import { oneOf } from '../requests/fixed-values.ts';
import { mappedDisks, readably } from '../requests/image-contents.ts';

const formats = { cyclonedx, spdx };

export const getImageBillOfMaterials: Operation<
  GetImageBillOfMaterialsRequest,
  GetImageBillOfMaterialsResult
> = {
  accepts: ['ImageId', 'Format'],
  async run({ ImageId: imageId, Format }, context) {
    const format = oneOf('Format', Format, ['cyclonedx', 'spdx'] as const) ?? 'cyclonedx';
    const { catalog, caller, clock, inspector } = context;
    const { image, disks } = await catalog.read((reader) =>
      readableImage(reader, caller, imageId, clock.now()),
    );
    const { name, createdAt } = image;
    const mapped = await mappedDisks(context, disks);
    const contents = await readably(imageId, () =>
      packagesOf(inspector, mapped, { licenses: true }),
    );
    const roots = disks.map(({ root }) => root);
    return { Document: await formats[format]({ imageId, name, createdAt, roots }, contents) };
  },
};
