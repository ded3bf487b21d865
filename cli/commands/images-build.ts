/** `imago images build`: builds a provider image on this machine, and waits for it. */
import { buildImage } from '../build-image.ts';
import { type CommandContext, connect } from '../context.ts';
import { showMadeImages } from '../made-images.ts';

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
  await showMadeImages(output, client, ids);
}
