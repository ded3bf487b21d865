import type { BuildImageRequest, BuildImageResult } from '../../../api/imago.ts';
import { checkDiskRoom } from '../../domain/capacity.ts';
import { orderBuild } from '../../domain/provider-images.ts';
import { checkedRegions } from '../../domain/site.ts';
import type { Operation } from '../operation.ts';

/** The blocks are there once, however many regions the image is offered in. */
export const buildImage: Operation<BuildImageRequest, BuildImageResult> = {
  accepts: ['Name', 'Regions'],
  audience: 'operator',
  async run({ Name: name, Regions }, context) {
    const { region } = context.caller;
    const regions = Regions?.length ? checkedRegions(context.site, Regions) : context.site.regions;
    checkDiskRoom(await context.host.measure());
    const taskId = await context.catalog.write((transaction) =>
      orderBuild(transaction, { name, region, regions, host: context.site.hostId }, context),
    );
    return { TaskId: taskId };
  },
};
