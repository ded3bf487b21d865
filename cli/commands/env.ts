/** `imago env`: shell exports that lead AWS tools to the running Imago. */
import { CommandError } from '../command-error.ts';
import { type CommandContext, connectionOf } from '../context.ts';

export async function envCommand(context: CommandContext): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey } = connectionOf(context);
  const variables = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
  const { output } = context;
  if (output.json) return output.document(variables);
  for (const [name, value] of Object.entries(variables)) {
    output.line(`export ${name}=${shellWord(name, value)}`);
  }
}

/** Values that need no quotes: anything else would be run by the shell that evaluates this. */
function shellWord(name: string, value: string): string {
  if (!/^[\w.:/+=@%-]+$/.test(value)) throw new CommandError(`${name} has an unexpected value.`);
  return value;
}
