/**
 * `imago doctor`: what this machine has and lacks for Imago, each with what to do. It finds out by
 * doing (QEMU boots a boot sector, the port is bound) and changes nothing. Exit code 1 when
 * something that Imago needs is missing.
 */
import { existsSync } from 'node:fs';
import type { DescribeServerResult } from '../../api/imago.ts';
import { checkPrograms } from '../../server/doctor/programs.ts';
import {
  type BlockUsage,
  checkDisk,
  checkHome,
  checkMemory,
  checkStores,
  isUsable,
  nearestFolder,
  type PromisedMemory,
} from '../../server/doctor/room.ts';
import type { Finding } from '../../server/foundations/finding.ts';
import { identitiesInUse } from '../../server/foundations/unprivileged.ts';
import { measureHost } from '../../server/host/local/measure-host.ts';
import { Client } from '../client.ts';
import { type CommandContext, connect, connectionOf } from '../context.ts';
import { endpointFile } from '../credentials.ts';
import { bindProblem, sshPort, tryGuestPorts } from '../guest-ports.ts';
import { parseListen } from '../listen-address.ts';
import type { Output, Style } from '../output.ts';

/** Whoever asks what is wrong is told so. */
const patienceMs = 10_000;

export async function doctorCommand(
  context: CommandContext,
  options: { listen: string },
): Promise<number> {
  const findings: Finding[] = [];
  const identities = identitiesInUse();
  findings.push(...(await checkPrograms(identities.at(-1))));
  findings.push(checkSsh(context), checkHome(context.home.folder, identities));
  const { server, problem } = await askServer(context);
  const host = await measureHost(nearestFolder(context.home.folder));
  findings.push(checkDisk(host, context.home.folder, usageOf(server)));
  findings.push(...(await checkStores(context.home)), checkMemory(host, promisedBy(server)));
  if (server) findings.push(...(await verifiedBy(context)));
  findings.push(await checkGuestPorts());
  findings.push(
    server || problem ? checkServer(server, problem, context) : await checkListen(options.listen),
  );
  if (context.output.json) context.output.document(findings);
  else show(context.output, findings);
  return findings.some(({ state }) => state === 'problem') ? 1 : 0;
}

function usageOf(server: DescribeServerResult | undefined): BlockUsage {
  const disk = server?.Capacity.Disk;
  return {
    blockBytes: disk?.BlockBytes,
    reclaimableBytes: disk?.ReclaimableBytes,
    plainBaseBytes: disk?.PlainBaseBytes,
  };
}

function promisedBy(server: DescribeServerResult | undefined): PromisedMemory | undefined {
  if (!server) return undefined;
  const {
    ForInstancesMiB: forInstancesMiB,
    CommittedMiB: committedMiB,
    BlockCacheMiB: blockCacheMiB,
  } = server.Capacity.Memory;
  return { simulated: server.Simulated, forInstancesMiB, committedMiB, blockCacheMiB };
}

function show(output: Output, findings: Finding[]): void {
  const marks: Record<Finding['state'], [Style, string]> = {
    good: ['green', '✔'],
    warning: ['yellow', '!'],
    problem: ['red', '✖'],
  };
  for (const { name, state, detail, advice } of findings) {
    output.line(`  ${output.style(...marks[state])} ${name.padEnd(17)} ${detail}`);
    if (advice) output.line(`    ${' '.repeat(17)} ${output.style('dim', advice)}`);
  }
}

function checkSsh({ environment }: CommandContext): Finding {
  const found = (environment.PATH ?? '').split(':').some((folder) => isUsable(`${folder}/ssh`));
  return found
    ? { name: 'ssh', state: 'good', detail: 'is installed' }
    : { name: 'ssh', state: 'warning', detail: 'missing', advice: 'Install openssh-client.' };
}

async function checkGuestPorts(): Promise<Finding> {
  const name = 'guest ports';
  const { taken, sshProblem } = await tryGuestPorts();
  if (sshProblem) {
    return {
      name,
      state: 'warning',
      detail: `22 may not be bound (${sshProblem}): port 22 of an instance is reached at 10022, 80 at 10080`,
      advice: 'To change that: sudo sysctl net.ipv4.ip_unprivileged_port_start=22',
    };
  }
  if (taken.length === 0) return { name, state: 'good', detail: 'none is taken; SSH is at 22' };
  const detail = `taken on all addresses of this host: ${taken.join(', ')}; of an instance they are 10000 higher`;
  return {
    name,
    state: 'warning',
    detail: taken.includes(sshPort) ? `${detail}, SSH at 10022` : detail,
    advice: 'To free one, let what has it listen on fewer addresses (sshd: ListenAddress).',
  };
}

/** What only an Imago that runs knows. */
function isOfServer(name: string): boolean {
  return ['blocks', 'archive', 'recovery'].includes(name) || name.startsWith('copy in ');
}

/** How far blocks and the archive were verified; whether its catalog is sealed, and copies are. */
async function verifiedBy(context: CommandContext): Promise<Finding[]> {
  const { Findings } = await connect(context).imago('DescribeDoctor', {});
  return Findings.filter(({ Name }) => isOfServer(Name)).map(({ Name, State, Detail, Advice }) => {
    return { name: Name, state: State, detail: Detail, advice: Advice };
  });
}

/** Neither, where none runs. */
async function askServer(
  context: CommandContext,
): Promise<{ server?: DescribeServerResult; problem?: string }> {
  if (!existsSync(endpointFile(context.home))) return {};
  try {
    const client = new Client(connectionOf(context), { answerMs: patienceMs });
    return { server: await client.imago('DescribeServer', {}) };
  } catch (error) {
    const { message } = error as Error;
    // It was killed: what says where it listens is left over.
    return message.includes('ECONNREFUSED') ? {} : { problem: message };
  }
}

function checkServer(
  server: DescribeServerResult | undefined,
  problem: string | undefined,
  context: CommandContext,
): Finding {
  const name = 'Imago';
  if (server) {
    const { endpoint } = connect(context).connection;
    return {
      name,
      state: 'good',
      detail: `${server.Version} runs as pid ${server.Pid} at ${endpoint}`,
    };
  }
  return {
    name,
    state: 'problem',
    detail: `it does not answer: ${problem}`,
    advice: 'Its log may say why. Its guests go on while it is stopped and started again.',
  };
}

async function checkListen(listen: string): Promise<Finding> {
  const name = 'Imago';
  const { host, port } = parseListen(listen);
  const problem = await bindProblem(host, port);
  if (!problem) return { name, state: 'good', detail: `not running; ${listen} is free for it` };
  return {
    name,
    state: 'problem',
    detail: `not running, and ${listen} cannot be bound (${problem})`,
    advice: 'Another program listens there, or another Imago: choose a port with --listen.',
  };
}
