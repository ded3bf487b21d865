/** `imago serve`: Imago in the foreground, until SIGTERM or Ctrl-C. Guests and their data plane go on without it. */
import { defaultRegion } from '../../server/config.ts';
import { HomeInUseError } from '../../server/home-lock.ts';
import { serve } from '../../server/main.ts';
import { CommandError } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { parseListen } from '../listen-address.ts';

export interface ServeOptions {
  listen: string;
  hypervisor: 'qemu' | 'simulated';
  memoryOvercommit: number;
  region?: string[];
}

export async function serveCommand(
  { home, output }: CommandContext,
  options: ServeOptions,
): Promise<void> {
  const regions = options.region ?? [defaultRegion];
  const { hypervisor, memoryOvercommit } = options;
  const listen = parseListen(options.listen);
  const server = await serve({ home, listen, hypervisor, memoryOvercommit, regions }).catch(
    explain,
  );
  if (output.json) output.document({ endpoint: server.endpoint, home: home.folder, regions });
  else output.line(`Imago is ready at ${server.endpoint} (home ${home.folder})`);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  await server.close();
}

function explain(error: unknown): never {
  if (error instanceof HomeInUseError) throw new CommandError(`${error.message}.`);
  const { code, address, port } = error as NodeJS.ErrnoException & {
    address: string;
    port: number;
  };
  if (code === 'EADDRINUSE') {
    throw new CommandError(
      `The address ${address}:${port} is in use.`,
      'Stop what listens there, or choose another with --listen.',
    );
  }
  throw error;
}
