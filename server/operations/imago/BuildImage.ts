import type { BuildImageRequest, BuildImageResult } from '../../../api/imago.ts';
import { checkDiskRoom } from '../../domain/capacity.ts';
import { orderBuild } from '../../domain/provider-images.ts';
import { checkedRegions } from '../../domain/site.ts';
import type { Operation } from '../operation.ts';

/** The blocks are in a store once, however many regions that share it the image is offered in. */
export const buildImage: Operation<BuildImageRequest, BuildImageResult> = {
  accepts: ['Name', 'Regions'],
  audience: 'operator',
  async run({ Name: name, Regions }, context) {
    const { region } = context.caller;
    const regions = Regions?.length ? checkedRegions(context.site, Regions) : context.site.regions;
    const measures = await context.host.measure();
    for (const each of regions) checkDiskRoom(measures, each);
    const taskId = await context.catalog.write((transaction) =>
      orderBuild(transaction, { name, region, regions, host: context.site.hostId }, context),
    );
    return { TaskId: taskId };
  },
};
