/**
 * A process of its own that thaws a guest whose freeze Imago does not end: it outlives Imago. For
 * guests that would not end it themselves, as those of the provider's images do. What it does is
 * thaw-late.ts.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { agentSocket } from './command-line.ts';
import type { GuestAgent } from './guest-agent.ts';
import type { QemuMachine } from './machine.ts';

/** Written into the provider's images by server/provider-images; it starts what ends a freeze. */
const ownHook = '/usr/lib/imago/fsfreeze-hook';
const lookLimitMs = 2000;

const mainFile = path.join(import.meta.dirname, `thaw-late${path.extname(import.meta.filename)}`);

/** Whether the guest has what ends its freezes; one that does not say so has not. */
export async function endsFreezesItself(agent: GuestAgent): Promise<boolean> {
  const found = await agent.read(ownHook, 1, lookLimitMs).catch(() => undefined);
  return found !== undefined && found.length > 0;
}

/**
 * From when the pivot of that start is on record. Where the process does not start the freeze is
 * ended as without it: by Imago, or its next start.
 */
export function guardFreeze(
  { folder, workFolder }: QemuMachine,
  { startedAt, limitMs }: { startedAt: number; limitMs: number },
): Disposable {
  const socket = path.join(workFolder, agentSocket);
  const guard = spawn(process.execPath, [mainFile, folder, socket, `${startedAt}`, `${limitMs}`], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
  });
  guard.on('error', () => {});
  guard.unref();
  return { [Symbol.dispose]: () => void guard.kill('SIGKILL') };
}
