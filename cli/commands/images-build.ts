/** `imago images build`: builds a provider image on this machine, and waits for it. */
import type { Image } from '../../api/generated/ec2-types.ts';
import { buildImage } from '../build-image.ts';
import { Client } from '../client.ts';
import { type CommandContext, connect } from '../context.ts';

export async function imagesBuildCommand(
  context: CommandContext,
  name: string,
  { region: regions }: { region?: string[] },
): Promise<void> {
  const { output, progress } = context;
  const client = connect(context);
  const ids = await progress.step(`Image ${name}`, (step) =>
    buildImage(client, name, step, { regions }),
  );
  const built: ({ Region: string } & Image)[] = [];
  for (const [region, id] of Object.entries(ids)) {
    const there = new Client({ ...client.connection, region });
    const { Images = [] } = await there.ec2('DescribeImages', { ImageIds: [id] });
    for (const image of Images) built.push({ Region: region, ...image });
  }
  if (output.json) return output.document(built);
  for (const image of built) {
    output.line(`${image.ImageId} ${image.Name} is ${image.State} in ${image.Region}.`);
  }
}
