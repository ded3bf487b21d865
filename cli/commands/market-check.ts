/** `imago market check`: what is found in the files of an image. */
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { watchTask } from '../watch-task.ts';

const checkTimeoutMs = 30 * 60_000;

export async function marketCheckCommand(context: CommandContext, image: string): Promise<void> {
  const { output, progress } = context;
  const client = connect(context);
  const { TaskId: id } = await client.imago('CheckImage', { ImageId: image });
  await progress.step(`Image ${image}`, async (step) => {
    const waiting = { what: `the check of ${image}`, timeoutMs: checkTimeoutMs };
    const ended = await watchTask(client, id, step, waiting);
    if (ended.State === 'succeeded') return;
    const why = ended.Error ?? 'no reason was given.';
    throw new CommandError(`${image} could not be checked: ${why}`);
  });
  const { ImageFindings = [] } = await client.ec2('GetImageFindings', { ImageId: image });
  if (output.json) return output.document({ ImageFindings });
  if (ImageFindings.length === 0) return output.line('Nothing was found.');
  for (const { Title = '', SeverityLabel = '', Paths = [] } of ImageFindings) {
    output.line(`${SeverityLabel.toUpperCase()} ${Title}`);
    for (const path of Paths) output.line(`  ${path}`);
  }
}
