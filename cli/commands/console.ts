/**
 * `imago console`: the serial console of an instance, by GetConsoleOutput; -f asks again and prints
 * what is new. A terminal gets it without what a terminal obeys, unless it is asked for raw; a pipe
 * gets the guest's bytes.
 */
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client.ts';
import { type CommandContext, connect } from '../context.ts';
import { HarmlessStream } from '../terminal-text.ts';

const followIntervalMs = 1000;
/** Long enough not to occur twice in a console by chance. */
const anchorLength = 200;

export async function consoleCommand(
  context: CommandContext,
  instanceId: string,
  options: { follow?: boolean; raw?: boolean },
): Promise<void> {
  const client = connect(context);
  let shown = await consoleOf(client, instanceId);
  if (context.output.json && !options.follow) {
    const text = Buffer.from(shown, 'latin1').toString();
    return context.output.document({ InstanceId: instanceId, Output: text });
  }
  const printer = process.stdout.isTTY && !options.raw ? new HarmlessPrinter() : rawPrinter;
  printer.print(shown);
  while (options.follow) {
    await sleep(followIntervalMs);
    const bytes = await consoleOf(client, instanceId);
    printer.print(newPart(shown, bytes));
    shown = bytes;
  }
  printer.end();
}

interface Printer {
  /** Takes bytes, a character each. */
  print(bytes: string): void;
  end(): void;
}

const rawPrinter: Printer = {
  print: (bytes) => void process.stdout.write(bytes, 'latin1'),
  end() {},
};

class HarmlessPrinter implements Printer {
  readonly #decoder = new StringDecoder('utf8');
  readonly #stream = new HarmlessStream();

  print(bytes: string): void {
    process.stdout.write(this.#stream.add(this.#decoder.write(Buffer.from(bytes, 'latin1'))));
  }

  end(): void {
    process.stdout.write(this.#stream.add(this.#decoder.end()) + this.#stream.end());
  }
}

/**
 * Its bytes, a character each: what was asked for may begin and end within a character of the
 * guest's.
 */
async function consoleOf(client: Client, instanceId: string): Promise<string> {
  const { Output = '' } = await client.ec2('GetConsoleOutput', {
    InstanceId: instanceId,
    Latest: true,
  });
  return Buffer.from(Output, 'base64').toString('latin1');
}

/**
 * What `text` has after `shown`; the server keeps the newest part only, so `shown` may have lost
 * its beginning.
 */
export function newPart(shown: string, text: string): string {
  if (text.startsWith(shown)) return text.slice(shown.length);
  const anchor = shown.slice(-anchorLength);
  const found = text.lastIndexOf(anchor);
  return found < 0 ? text : text.slice(found + anchor.length);
}
