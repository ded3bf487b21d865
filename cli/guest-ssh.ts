/**
 * How to reach a guest by SSH: its loopback address, the port of it that leads to the guest's 22, a
 * known_hosts file in the home with the instance id as alias, since addresses are used again.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Home } from '../server/foundations/home.ts';
import type { Client } from './client.ts';
import { CommandError } from './command-error.ts';

export interface GuestSsh {
  instanceId: string;
  address: string;
  /** Where its port 22 may be on the host. */
  sshPorts: readonly number[];
  knownHostsFile: string;
  keyFile?: string;
}

export interface SshTarget extends GuestSsh {
  port: number;
  user: string;
}

/** Where a command of ours keeps the private keys that it made. */
export function privateKeyFile(home: Home, keyName: string): string {
  return path.join(home.folder, 'keys', `${keyName}.pem`);
}

export async function guestOf(client: Client, home: Home, instanceId: string): Promise<GuestSsh> {
  const { Reservations = [] } = await client.ec2('DescribeInstances', {
    InstanceIds: [instanceId],
  });
  const instance = Reservations[0]?.Instances?.[0];
  if (!instance?.PublicIpAddress || instance.State?.Name !== 'running') {
    throw new CommandError(
      `${instanceId} is ${instance?.State?.Name ?? 'unknown'}, not running.`,
      'See `imago instances list`.',
    );
  }
  const guest: GuestSsh = {
    instanceId,
    address: instance.PublicIpAddress,
    sshPorts: await sshPortsOf(client, instanceId),
    knownHostsFile: path.join(home.folder, 'known_hosts'),
  };
  const keyFile = instance.KeyName && privateKeyFile(home, instance.KeyName);
  return keyFile && existsSync(keyFile) ? { ...guest, keyFile } : guest;
}

async function sshPortsOf(client: Client, instanceId: string): Promise<number[]> {
  const { Instances } = await client.imago('DescribePorts', { InstanceIds: [instanceId] });
  const ports = Instances.flatMap(({ Ports }) => Ports);
  const found = ports.filter((port) => port.Protocol === 'tcp' && port.GuestPort === 22);
  // Nothing is on record of what an older Imago started.
  return ports.length > 0 ? found.map((port) => port.HostPort) : [22, 10_022];
}

/** The guest is on this host: what does not greet by then is still booting. */
const greetingTimeoutMs = 5000;

/** The first port that greets as an SSH server. */
export async function findSshPort({ address, sshPorts }: GuestSsh): Promise<number | undefined> {
  const greeted = await Promise.all(sshPorts.map((port) => greetsAsSsh(address, port)));
  return sshPorts.find((_, index) => greeted[index]);
}

function greetsAsSsh(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port });
    const settle = (greeted: boolean) => {
      socket.destroy();
      resolve(greeted);
    };
    socket.setTimeout(greetingTimeoutMs, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    socket.once('data', (data) => settle(data.toString().startsWith('SSH-')));
  });
}

export function sshArguments(target: SshTarget): string[] {
  const options = {
    HostKeyAlias: target.instanceId,
    UserKnownHostsFile: target.knownHostsFile,
    StrictHostKeyChecking: 'accept-new',
    // Plain names: what was seen is looked up again.
    HashKnownHosts: 'no',
    LogLevel: 'ERROR',
  };
  return [
    ...['-p', String(target.port)],
    ...(target.keyFile ? ['-i', target.keyFile, '-o', 'IdentitiesOnly=yes'] : []),
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    `${target.user}@${target.address}`,
  ];
}

const execFileAsync = promisify(execFile);

/**
 * What the script prints in the guest; throws when it fails or the guest does not let us in. No
 * questions are asked.
 */
export async function runInGuest(
  target: SshTarget,
  script: string,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<string> {
  const quiet = ['-F', 'none', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=5'];
  const running = execFileAsync('ssh', [...quiet, ...sshArguments(target), script], {
    timeout: options.timeoutMs,
    ...(options.signal && { signal: options.signal }),
  });
  running.child.stdin?.end();
  return (await running).stdout;
}

/** SHA-256 fingerprint of the host key that the guest showed, as ssh prints it. */
export function hostKeyFingerprint({ knownHostsFile, instanceId }: GuestSsh): string {
  const line = readFileSync(knownHostsFile, 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${instanceId} `));
  const key = Buffer.from(line?.split(' ')[2] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
