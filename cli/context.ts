/** What every command is given; main.ts makes it. */
import type { Home } from '../server/foundations/home.ts';
import { Client } from './client.ts';
import { type Connection, readConnection } from './credentials.ts';
import type { Output } from './output.ts';
import type { Progress } from './progress.ts';

export interface CommandContext {
  home: Home;
  /** Whose key is used, by its name; absent: the first account's. */
  account?: string;
  /** Absent: the first one. */
  region?: string;
  output: Output;
  progress: Progress;
  environment: Record<string, string | undefined>;
}

/** How the Imago that runs with this home is reached. */
export function connectionOf({ home, account, region }: CommandContext): Connection {
  const connection = readConnection(home, account);
  return { ...connection, region: region ?? connection.region };
}

export function connect(context: CommandContext): Client {
  return new Client(connectionOf(context));
}
