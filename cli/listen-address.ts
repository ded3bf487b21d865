/** HOST:PORT as it is typed: `127.0.0.1:8773`, `[::1]:8773`, `localhost:0` (any free port). */
import { CommandError } from './command-error.ts';

export interface ListenAddress {
  host: string;
  port: number;
}

export function parseListen(text: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (!host || !(port <= 65_535)) {
    throw new CommandError(
      `"${text}" is no address to listen on.`,
      'Give HOST:PORT, such as 127.0.0.1:8773.',
      2,
    );
  }
  return { host, port };
}
