/**
 * What this host's QEMU is and can do, found out by doing it: the version and the machine type are
 * asked of QEMU itself, and a machine that consists of a five-byte boot sector is really booted.
 * `/dev/kvm` can open and still run no guest, run it far slower than emulation, or lack what the
 * CPU model promises: KVM is used only if the same sector boots with it about as fast, under the
 * privileges that machines have.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Duplex } from 'node:stream';
import type { UnprivilegedIdentity } from '../../foundations/unprivileged.ts';
import { dropPrivileges, programPath } from './process.ts';
import { QmpClient } from './qmp.ts';

/** `-netdev stream` came with 7.2. */
const oldestVersion = [7, 2];

/**
 * x86-64-v2, enough for Debian, Ubuntu and Amazon Linux; without AVX emulated guests are faster
 * than with it. The model number is that of Intel's Bonnell, which runs nothing ahead of time, as
 * emulation does not either: by it Linux leaves out its mitigations, which cost most of a system
 * call under emulation (decision 0007).
 */
const emulatedCpuModel = 'Nehalem,model=28';

/**
 * Best first; the first that this host has completely. `enforce` makes QEMU refuse what it would
 * otherwise leave out.
 */
const kvmCpuModels = ['EPYC', 'Haswell-noTSX', 'Nehalem'];

/** What QEMU says last where there is no `/dev/kvm`, or it cannot be opened. */
const noKvm = /failed to initialize kvm/i;

/** Far above what it takes, also on a busy host. */
const emulatedBootLimitMs = 30_000;

/**
 * How much slower than emulation KVM may boot, and the least it gets. Where it hangs, start-up
 * waits this long.
 */
const kvmBootFactor = 5;
const kvmBootLeastMs = 800;

export interface QemuFacts {
  version: string;
  /** What `q35` stands for in this version, such as `pc-q35-7.2`. */
  machineType: string;
  accelerator: 'kvm' | 'tcg';
  cpuModel: string;
  sharedMemory: boolean;
  /** Why KVM is not used. */
  kvmProblem?: string;
}

export interface ProbeOptions {
  binary: string;
  identity?: UnprivilegedIdentity;
}

const probed = new Map<string, Promise<QemuFacts>>();

/** Probes once per process and binary. */
export function probeQemu(options: ProbeOptions): Promise<QemuFacts> {
  const key = JSON.stringify([options.binary, options.identity]);
  const facts = probed.get(key) ?? probe(options);
  probed.set(key, facts);
  // A failure may pass: QEMU may be installed meanwhile.
  facts.catch(() => probed.delete(key));
  return facts;
}

async function probe(options: ProbeOptions): Promise<QemuFacts> {
  const about = await askQemu(options);
  const folder = await mkdtemp(path.join(tmpdir(), 'imago-probe-'));
  try {
    await chmod(folder, 0o755);
    const disk = path.join(folder, 'disk');
    await writeFile(disk, bootSectorDisk());
    const { machineType } = about;
    // Some sandboxes refuse memfd_create.
    let boot: BootTrial = { ...options, disk, machineType, sharedMemory: true };
    let emulated = await tryBoot(boot, 'tcg', emulatedCpuModel, emulatedBootLimitMs);
    if (!emulated.booted && !emulated.timedOut) {
      boot = { ...boot, sharedMemory: false };
      emulated = await tryBoot(boot, 'tcg', emulatedCpuModel, emulatedBootLimitMs);
    }
    if (!emulated.booted) {
      throw new Error(`${options.binary} does not boot a machine: ${emulated.problem}`);
    }
    const { sharedMemory } = boot;
    return { ...about, sharedMemory, ...(await chooseAccelerator(boot, emulated.elapsedMs)) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function chooseAccelerator(boot: BootTrial, emulatedMs: number) {
  const limitMs = Math.ceil(Math.max(kvmBootLeastMs, kvmBootFactor * emulatedMs));
  let kvmProblem = '';
  for (const cpuModel of kvmCpuModels) {
    const trial = await tryBoot(boot, 'kvm', `${cpuModel},enforce`, limitMs);
    if (trial.booted) return { accelerator: 'kvm' as const, cpuModel };
    kvmProblem = trial.problem;
    // Not a matter of the model.
    if (trial.timedOut || noKvm.test(trial.problem)) break;
  }
  return { accelerator: 'tcg' as const, cpuModel: emulatedCpuModel, kvmProblem };
}

/** Version and machine type over QMP from a QEMU without a machine. */
async function askQemu({
  binary,
}: ProbeOptions): Promise<{ version: string; machineType: string }> {
  const args = ['-machine', 'none', '-nodefaults', '-no-user-config', '-display', 'none'];
  const child = spawn(binary, [...args, '-qmp', 'stdio'], {
    env: { PATH: programPath, LANG: 'C' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error(`${binary} cannot be run: ${error.message}`)));
  });
  failed.catch(() => {});
  try {
    const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
    const qmp = await Promise.race([QmpClient.open(stream), failed]);
    const [major = 0, minor = 0] = qmp.version.split('.').map(Number);
    const [oldMajor = 0, oldMinor = 0] = oldestVersion;
    if (major < oldMajor || (major === oldMajor && minor < oldMinor)) {
      throw new Error(
        `QEMU ${qmp.version} is too old: ${oldestVersion.join('.')} or newer is needed`,
      );
    }
    const machines = (await qmp.execute('query-machines')) as { name: string; alias?: string }[];
    const q35 = machines.find(({ alias }) => alias === 'q35');
    if (!q35) throw new Error(`${binary} does not offer the machine type q35`);
    return { version: qmp.version, machineType: q35.name };
  } finally {
    child.kill('SIGKILL');
  }
}

interface BootTrial extends ProbeOptions {
  disk: string;
  machineType: string;
  sharedMemory: boolean;
}

type BootOutcome =
  | { booted: true; elapsedMs: number }
  | { booted: false; timedOut: boolean; problem: string };

const sharedMemory = [
  ...['-object', 'memory-backend-memfd,id=ram,size=64M,share=on'],
  ...['-machine', 'memory-backend=ram'],
];

async function tryBoot(
  boot: BootTrial,
  accelerator: string,
  cpu: string,
  limitMs: number,
): Promise<BootOutcome> {
  const argv = [
    ...['-machine', boot.machineType, '-accel', accelerator, '-cpu', cpu, '-m', '64'],
    ...(boot.sharedMemory ? sharedMemory : []),
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-blockdev', `driver=file,node-name=disk,read-only=on,filename=${boot.disk}`],
    ...['-device', 'virtio-blk-pci,drive=disk,bootindex=0'],
    ...['-device', `isa-debug-exit,iobase=${exitPort},iosize=1`],
  ];
  const [program = boot.binary, ...args] = [...dropPrivileges(boot.identity), boot.binary, ...argv];
  const startedMs = performance.now();
  const child = spawn(program, args, {
    env: { PATH: programPath, LANG: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  let messages = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    messages = (messages + text).slice(-1000);
  });
  const code = await exitOf(child);
  if (code === bootedExitCode) return { booted: true, elapsedMs: performance.now() - startedMs };
  if (code === undefined) {
    return { booted: false, timedOut: true, problem: `no answer within ${Math.round(limitMs)} ms` };
  }
  const problem = messages.trim().split('\n').at(-1) || `it ended with code ${code}`;
  return { booted: false, timedOut: false, problem };
}

/** The exit code; undefined when it had to be killed or could not be started. */
function exitOf(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? undefined));
  });
}

/** QEMU's isa-debug-exit ends the process with twice the written value plus one. */
const exitPort = '0xf4';
const exitValue = 0x10;
const bootedExitCode = (exitValue << 1) | 1;

/**
 * `mov al, 0x10; out 0xf4, al; hlt` on a disk of 1 MiB (the BIOS takes no smaller one for a hard
 * disk).
 */
function bootSectorDisk(): Buffer {
  const disk = Buffer.alloc(1024 * 1024);
  Buffer.of(0xb0, exitValue, 0xe6, 0xf4, 0xf4).copy(disk);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}
