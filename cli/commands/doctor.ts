/**
 * `imago doctor`: what this machine has and lacks for Imago, each with what to do. It finds out by
 * doing (QEMU boots a boot sector, the port is bound) and changes nothing. Exit code 1 when
 * something that Imago needs is missing.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import type { DescribeServerResult } from '../../api/imago.ts';
import { memoryOf } from '../../server/domain/capacity.ts';
import { nodeFiles } from '../../server/files/node/node-files.ts';
import type { Home } from '../../server/foundations/home.ts';
import { mibBytes } from '../../server/foundations/sizes.ts';
import {
  guestsHaveIdentities,
  identitiesInUse,
  type UnprivilegedIdentity,
} from '../../server/foundations/unprivileged.ts';
import { checkPassage, HomeImpassableError } from '../../server/home-passage.ts';
import type { HostMeasures } from '../../server/host/host.ts';
import { measureHost } from '../../server/host/local/measure-host.ts';
import { weighsSessions } from '../../server/hypervisor/qemu/cpu-share.ts';
import { probeQemu } from '../../server/hypervisor/qemu/probe.ts';
import { hasTpm } from '../../server/hypervisor/qemu/tpm.ts';
import { missingPackages } from '../../server/provider-images/build-tools.ts';
import { isThere, readRegionStores } from '../../server/region-stores.ts';
import { type CommandContext, connect } from '../context.ts';
import { endpointFile } from '../credentials.ts';
import { bindProblem, sshPort, tryGuestPorts } from '../guest-ports.ts';
import { parseListen } from '../listen-address.ts';
import { formatBytes, type Output, type Style } from '../output.ts';

export interface Finding {
  name: string;
  /** `warning`: it works, less well. `problem`: Imago or a part of it does not work. */
  state: 'good' | 'warning' | 'problem';
  detail: string;
  advice?: string;
}

/** Two of the smallest type. */
const leastMemoryMiB = 1024;
/** A Debian image and a few machines of it. */
const comfortableDiskBytes = 10 * 1024 ** 3;
/** Not even `micro` and its copies. */
const leastDiskBytes = 1024 ** 3;

export async function doctorCommand(
  context: CommandContext,
  options: { listen: string },
): Promise<number> {
  const findings: Finding[] = [];
  const identities = identitiesInUse();
  const guest = identities.at(-1);
  findings.push(...(await checkQemu(guest)), checkIdentities(guest), checkCredits());
  findings.push(checkTpm());
  findings.push(await checkImageTools());
  findings.push(checkSsh(context), checkHome(context.home.folder, identities));
  const { server, problem } = await askServer(context);
  const host = await measureHost(nearestFolder(context.home.folder));
  findings.push(checkDisk(host, context.home.folder, server));
  findings.push(...(await checkStores(context.home)), checkMemory(host, server));
  findings.push(await checkGuestPorts());
  findings.push(
    server || problem ? checkServer(server, problem, context) : await checkListen(options.listen),
  );
  if (context.output.json) context.output.document(findings);
  else show(context.output, findings);
  return findings.some(({ state }) => state === 'problem') ? 1 : 0;
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

async function checkQemu(identity?: UnprivilegedIdentity): Promise<Finding[]> {
  try {
    const facts = await probeQemu({ binary: 'qemu-system-x86_64', identity });
    const qemu: Finding = {
      name: 'QEMU',
      state: 'good',
      detail: `${facts.version}, machine type ${facts.machineType}, CPU ${facts.cpuModel}`,
    };
    return [qemu, checkKvm(facts.kvmProblem)];
  } catch (error) {
    return [
      {
        name: 'QEMU',
        state: 'problem',
        detail: (error as Error).message,
        advice: 'Install it: npm run setup. Without it: imago serve --hypervisor simulated',
      },
    ];
  }
}

function checkTpm(): Finding {
  const name = 'TPM';
  if (hasTpm()) return { name, state: 'good', detail: 'swtpm is there for images with TpmSupport' };
  return {
    name,
    state: 'warning',
    detail: 'swtpm is missing: images with TpmSupport are not launched',
    advice: 'Install it: npm run setup.',
  };
}

function checkKvm(problem: string | undefined): Finding {
  if (problem === undefined) return { name: 'KVM', state: 'good', detail: 'runs guests' };
  return {
    name: 'KVM',
    state: 'warning',
    detail: `not usable (${problem}); guests are emulated (TCG), some ten times slower`,
    advice: existsSync('/dev/kvm')
      ? 'May this user open /dev/kvm (group kvm)? Does this host run in a virtual machine itself?'
      : 'Turn on hardware virtualisation in the firmware, or nested virtualisation on the host.',
  };
}

/** QEMU has just been tried as this one. */
function checkIdentities(guest?: UnprivilegedIdentity): Finding {
  const name = 'identities';
  if (!guest) {
    return {
      name,
      state: 'warning',
      detail: `all guests run as you (user ${process.getuid?.()}): one that breaks out of QEMU can do what you can`,
      advice: 'Where guests are not trusted serve as root: then each is a user of its own.',
    };
  }
  if (guestsHaveIdentities()) {
    const detail = `each guest is an unprivileged user of its own, from ${guest.uid} on`;
    return { name, state: 'good', detail };
  }
  return {
    name,
    state: 'warning',
    detail: `all guests run as the same unprivileged user (${guest.uid}): one that breaks out of QEMU reaches the others`,
    advice: 'This user namespace lacks the ids for more: map them, or serve outside of it.',
  };
}

/** How guests with standard credits yield, and whether that can be undone while they run. */
function checkCredits(): Finding {
  const name = 'CPU credits';
  const given = weighsSessions() || process.getuid?.() === 0;
  const detail = 'guests with standard credits yield to the others (nice 5)';
  if (given) return { name, state: 'good', detail };
  return {
    name,
    state: 'warning',
    detail: `${detail}; those that become unlimited have their full share from their next start on`,
    advice: 'Serve as root, or turn on the kernel.sched_autogroup_enabled of Linux.',
  };
}

async function checkImageTools(): Promise<Finding> {
  const missing = await missingPackages();
  const name = 'image tools';
  if (missing.length === 0) return { name, state: 'good', detail: 'all are installed' };
  return {
    name,
    state: 'problem',
    detail: `missing: ${missing.join(' ')}`,
    advice: 'Needed to build images only. Install them: npm run setup',
  };
}

function checkSsh({ environment }: CommandContext): Finding {
  const found = (environment.PATH ?? '').split(':').some((folder) => isUsable(`${folder}/ssh`));
  return found
    ? { name: 'ssh', state: 'good', detail: 'is installed' }
    : { name: 'ssh', state: 'warning', detail: 'missing', advice: 'Install openssh-client.' };
}

function isUsable(file: string, mode = constants.X_OK): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

function checkHome(folder: string, identities: readonly UnprivilegedIdentity[]): Finding {
  const name = 'home';
  try {
    checkPassage(folder, identities);
  } catch (error) {
    if (!(error instanceof HomeImpassableError)) throw error;
    return { name, state: 'problem', detail: error.message, advice: error.advice };
  }
  if (isUsable(nearestFolder(folder), constants.W_OK | constants.X_OK)) {
    return {
      name,
      state: 'good',
      detail: existsSync(folder) ? folder : `${folder} (not made yet)`,
    };
  }
  return {
    name,
    state: 'problem',
    detail: `${folder} cannot be written`,
    advice: 'Name another with --home.',
  };
}

function checkDisk(
  { freeDiskBytes: freeBytes }: HostMeasures,
  folder: string,
  server: DescribeServerResult | undefined,
): Finding {
  const { BlockBytes: blocks, ReclaimableBytes: garbage = 0 } = server?.Capacity.Disk ?? {};
  const used = blocks === undefined ? '' : `; blocks take ${formatBytes(blocks)}`;
  const reclaimable = garbage > 0 ? `, ${formatBytes(garbage)} of it garbage` : '';
  const finding = {
    name: 'disk space',
    detail: `${formatBytes(freeBytes)} free for ${folder}${used}${reclaimable}`,
  };
  if (freeBytes >= comfortableDiskBytes) return { ...finding, state: 'good' };
  return {
    ...finding,
    state: freeBytes < leastDiskBytes ? 'problem' : 'warning',
    advice:
      'A full disk pauses guests. Make room (`imago gc` removes garbage), or name a home on another disk with --home.',
  };
}

/** Of regions that have a block store of their own. */
async function checkStores(home: Home): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [region, store] of Object.entries(await readRegionStores(home, nodeFiles))) {
    const name = `blocks of ${region}`;
    if (await isThere(nodeFiles, store)) {
      const finding = checkDisk(await measureHost(store.folder), store.folder, undefined);
      findings.push({ ...finding, name });
      continue;
    }
    findings.push({
      name,
      state: 'problem',
      detail: `they are not in ${store.folder}`,
      advice: `Mount their disk, or say where they are: imago serve --region ${region}=FOLDER`,
    });
  }
  return findings;
}

/** Where an Imago runs, as it counts; otherwise as one that is started here would. */
function checkMemory(host: HostMeasures, server: DescribeServerResult | undefined): Finding {
  const name = 'memory';
  if (server?.Simulated) return { name, state: 'good', detail: 'simulated machines take none' };
  const { budgetMiB = 0 } = memoryOf(host, { simulated: false, memoryOvercommit: 1 });
  const { ForInstancesMiB = budgetMiB, CommittedMiB = 0 } = server?.Capacity.Memory ?? {};
  const [all, taken] = [ForInstancesMiB, CommittedMiB].map((size) => formatBytes(size * mibBytes));
  const finding = {
    name,
    detail: `${all} for instances, ${taken} taken; ${host.vcpus} CPUs, shared by all`,
  };
  if (ForInstancesMiB >= leastMemoryMiB) return { ...finding, state: 'good' };
  return {
    ...finding,
    state: 'warning',
    advice:
      'An instance is promised what its type has. To promise more: serve --memory-overcommit.',
  };
}

/** The folder itself, or the one that it would be made in. */
function nearestFolder(folder: string): string {
  let nearest = folder;
  while (!existsSync(nearest)) nearest = path.dirname(nearest);
  return nearest;
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

/** Neither, where none runs. */
async function askServer(
  context: CommandContext,
): Promise<{ server?: DescribeServerResult; problem?: string }> {
  if (!existsSync(endpointFile(context.home))) return {};
  try {
    return { server: await connect(context).imago('DescribeServer', {}) };
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
