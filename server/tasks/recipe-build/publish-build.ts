/** The last of a build: its images are told of, all at once. */
import type { BuiltAmi, ImageBuildRow } from '../../catalog/rows/image-build.ts';
import type { RunContext } from '../task.ts';
import { changeBuild } from './build-row.ts';
import type { Captured } from './capture-build.ts';

export async function publishBuild(
  { services }: RunContext,
  build: ImageBuildRow,
  { imageId }: Captured,
): Promise<void> {
  const { catalog, clock } = services;
  await catalog.write(async (transaction) => {
    const image = await transaction.images.get(imageId);
    if (!image) return;
    const { account, region, name, description } = image;
    const amis: BuiltAmi[] = [
      { region, account, imageId, name, ...(description !== undefined && { description }) },
    ];
    const finishedAt = clock.now().toISOString();
    await changeBuild(transaction, build.id, (row) => ({
      ...row,
      ...{ state: 'AVAILABLE', imageId, amis, finishedAt },
    }));
  });
}
