/** `imago images build`: builds a provider image on this machine, and waits for it. */
import { buildImage } from '../build-image.ts';
import { type CommandContext, connect } from '../context.ts';

export async function imagesBuildCommand(context: CommandContext, name: string): Promise<void> {
  const { output, progress } = context;
  const client = connect(context);
  const id = await progress.step(`Image ${name}`, (step) => buildImage(client, name, step));
  const { Images = [] } = await client.ec2('DescribeImages', { ImageIds: [id] });
  const [image] = Images;
  if (output.json) return output.document(image);
  output.line(`${image?.ImageId} ${image?.Name} is ${image?.State}.`);
}
