import type { PullImageRequest, PullImageResult } from '../../../api/imago-provider.ts';
import { checkDiskRoom } from '../../domain/capacity.ts';
import { checkedRegions } from '../../domain/site.ts';
import { orderPull } from '../../domain/vendor-images.ts';
import type { Operation } from '../operation.ts';

/** The blocks are in a store once, however many regions that share it the image is offered in. */
export const pullImage: Operation<PullImageRequest, PullImageResult> = {
  accepts: ['Name', 'Regions', 'From', 'Keyring'],
  audience: 'operator',
  async run({ Name: name, Regions, From: from, Keyring: keyring }, context) {
    const { region } = context.caller;
    const regions = Regions?.length ? checkedRegions(context.site, Regions) : context.site.regions;
    const measures = await context.host.measure();
    for (const each of regions) checkDiskRoom(measures, each);
    const place = { region, host: context.site.hostId };
    const order = { name, regions, from, keyring };
    const taskId = await context.catalog.write((transaction) =>
      orderPull(transaction, order, place, context),
    );
    return { TaskId: taskId };
  },
};
