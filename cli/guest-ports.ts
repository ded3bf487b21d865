/**
 * Which ports a guest can have here at their own numbers: an instance's address is a loopback
 * address of its own, and a program that listens on all addresses of this host has its port there
 * too. Found out by trying.
 */
import { readFileSync } from 'node:fs';
import net from 'node:net';

/** No instance has it: nothing in the way but what is in the way of all. */
const addressTried = '127.255.255.254';
export const sshPort = 22;
const listening = '0A';
const allAddresses = /^0+$/;

export interface GuestPorts {
  /** Of what listens on all addresses: those that guests cannot have. */
  taken: number[];
  /** Why nobody but a privileged user may have port 22, if so. */
  sshProblem?: string;
}

export async function tryGuestPorts(): Promise<GuestPorts> {
  const taken: number[] = [];
  for (const port of portsOnAllAddresses()) {
    if ((await bindProblem(addressTried, port)) === 'EADDRINUSE') taken.push(port);
  }
  const problem = await bindProblem(addressTried, sshPort);
  return problem && problem !== 'EADDRINUSE' ? { taken, sshProblem: problem } : { taken };
}

/** Undefined where the port could be bound. */
export function bindProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/**
 * As the kernel lists its sockets; only candidates, since what listens on `::` may leave IPv4
 * alone.
 */
function portsOnAllAddresses(): number[] {
  const ports = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => {
    const [, ...lines] = linesOf(file);
    return lines.flatMap((line) => {
      const [, local = '', , state] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      return state === listening && allAddresses.test(address) ? Number.parseInt(port, 16) : [];
    });
  });
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** A kernel without IPv6 has no list of its sockets. */
function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}
