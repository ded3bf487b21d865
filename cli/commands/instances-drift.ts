/**
 * `imago instances drift`: in what an instance differs from the image that it was launched from. It
 * goes on meanwhile.
 */
import { type CommandContext, connect } from '../context.ts';
import { type DiffOptions, tellDifferences } from './images-diff.ts';

export async function instancesDriftCommand(
  context: CommandContext,
  instanceId: string,
  options: DiffOptions = {},
): Promise<void> {
  const client = connect(context);
  const drift = await context.progress.step(`The disks of ${instanceId}`, () =>
    client.imago('DescribeInstanceDrift', { InstanceId: instanceId }),
  );
  tellDifferences(context.output, drift, options);
  if (drift.Truncated && !context.output.json) {
    context.output.line('… and more files: make an image of it, and compare that.');
  }
}
