/** `imago console`: the serial console of an instance, by GetConsoleOutput; -f asks again and prints what is new. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client.ts';
import { type CommandContext, connect } from '../context.ts';

const followIntervalMs = 1000;
/** Long enough not to occur twice in a console by chance. */
const anchorLength = 200;

export async function consoleCommand(
  context: CommandContext,
  instanceId: string,
  options: { follow?: boolean },
): Promise<void> {
  const client = connect(context);
  let shown = await consoleOf(client, instanceId);
  if (context.output.json && !options.follow) {
    return context.output.document({ InstanceId: instanceId, Output: shown });
  }
  process.stdout.write(shown);
  while (options.follow) {
    await sleep(followIntervalMs);
    const text = await consoleOf(client, instanceId);
    process.stdout.write(newPart(shown, text));
    shown = text;
  }
}

async function consoleOf(client: Client, instanceId: string): Promise<string> {
  const { Output = '' } = await client.ec2('GetConsoleOutput', {
    InstanceId: instanceId,
    Latest: true,
  });
  return Buffer.from(Output, 'base64').toString();
}

/** What `text` has after `shown`; the server keeps the newest part only, so `shown` may have lost its beginning. */
export function newPart(shown: string, text: string): string {
  if (text.startsWith(shown)) return text.slice(shown.length);
  const anchor = shown.slice(-anchorLength);
  const found = text.lastIndexOf(anchor);
  return found < 0 ? text : text.slice(found + anchor.length);
}
