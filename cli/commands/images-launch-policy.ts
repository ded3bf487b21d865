/** `imago images launch-policy`: whose signature a launch demands. */
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';

export interface LaunchPolicyOptions {
  signedBy?: string[];
  delete?: boolean;
}

export async function imagesLaunchPolicyCommand(
  context: CommandContext,
  { signedBy, delete: remove = false }: LaunchPolicyOptions,
): Promise<void> {
  if (signedBy && remove) throw new CommandError('Give either --signed-by or --delete.');
  const { output } = context;
  const client = connect(context);
  const answer = remove
    ? await client.imago('DeleteLaunchPolicy', {})
    : signedBy
      ? await client.imago('PutLaunchPolicy', { SignedBy: signedBy })
      : await client.imago('GetLaunchPolicy', {});
  if (output.json) return output.document(answer);
  const { SignedBy: signers } = answer;
  if (signers.length === 0) return output.line('Any image that you may launch starts.');
  output.line('Only images start that are signed by one of these:');
  for (const signer of signers) output.line(`  ${signer}`);
}
