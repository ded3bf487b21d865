/** `imago console-url`: where the console of the running Imago is. */
import { consoleUrl } from '../console-url.ts';
import type { CommandContext } from '../context.ts';
import { readConnection } from '../credentials.ts';

export async function consoleUrlCommand({ home, output }: CommandContext): Promise<void> {
  const url = consoleUrl(readConnection(home).endpoint);
  if (output.json) output.document({ console: url });
  else output.line(url);
}
