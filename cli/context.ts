/** What every command is given; main.ts makes it. */
import type { Home } from '../server/foundations/home.ts';
import { Client } from './client.ts';
import { readConnection } from './credentials.ts';
import type { Output } from './output.ts';
import type { Progress } from './progress.ts';

export interface CommandContext {
  home: Home;
  /** Whose key is used, by its name; absent: the first account's. */
  account?: string;
  output: Output;
  progress: Progress;
  environment: Record<string, string | undefined>;
}

/** A client of the Imago that runs with this home. */
export function connect(context: CommandContext): Client {
  return new Client(readConnection(context.home, context.account));
}
