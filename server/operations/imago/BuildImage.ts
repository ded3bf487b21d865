import type { BuildImageRequest, BuildImageResult } from '../../../api/imago.ts';
import { checkDiskRoom } from '../../domain/capacity.ts';
import { orderBuild } from '../../domain/provider-images.ts';
import type { Operation } from '../operation.ts';

/** Builds a provider image for the caller's region. */
export const buildImage: Operation<BuildImageRequest, BuildImageResult> = {
  accepts: ['Name'],
  audience: 'operator',
  async run({ Name: name }, context) {
    const { region } = context.caller;
    checkDiskRoom(await context.host.measure());
    const taskId = await context.catalog.write((transaction) =>
      orderBuild(transaction, { name, region }, context),
    );
    context.wake();
    return { TaskId: taskId };
  },
};
