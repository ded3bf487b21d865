/** Images of the provider that a task has made, a region each. */
import type { Image } from '../api/generated/ec2-types.ts';
import type { Task } from '../api/imago-tasks.ts';
import type { Wire } from '../api/wire.ts';
import { Client } from './client.ts';
import type { Output } from './output.ts';

/** The last step of the task says it. */
export function imageIdsOf({ Outputs, Id }: Wire<Task>): Record<string, string> {
  const { imageIds } = (Outputs?.register ?? {}) as { imageIds?: Record<string, string> };
  if (!imageIds) throw new Error(`task ${Id} succeeded without an image`);
  return imageIds;
}

export async function showMadeImages(
  output: Output,
  client: Client,
  ids: Record<string, string>,
): Promise<void> {
  const made: ({ Region: string } & Wire<Image>)[] = [];
  for (const [region, id] of Object.entries(ids)) {
    const there = new Client({ ...client.connection, region });
    const { Images = [] } = await there.ec2('DescribeImages', { ImageIds: [id] });
    for (const image of Images) made.push({ Region: region, ...image });
  }
  if (output.json) return output.document(made);
  for (const image of made) {
    output.line(`${image.ImageId} ${image.Name} is ${image.State} in ${image.Region}.`);
  }
}
