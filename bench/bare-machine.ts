/**
 * QEMU started by hand, to compare Imago's machines with: its command line is one that Imago used,
 * read from /proc and given other ids. The data plane serves it as it serves Imago's own: disk,
 * cable, metadata. The catalog knows nothing of it.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { chmod, lchown, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Instance } from '@aws-sdk/client-ec2';
import type { GuestAttachment } from '../server/data-plane/data-plane.ts';
import { readGuestFile, writeGuestFile } from '../server/data-plane/guest-file.ts';
import { dataPlaneFiles } from '../server/data-plane/places.ts';
import { createLayer } from '../server/disk/qcow2-create.ts';
import { Home, socketsFolder } from '../server/foundations/home.ts';
import {
  type UnprivilegedIdentity,
  unprivilegedIdentity,
} from '../server/foundations/unprivileged.ts';
import { makeMachineFolder } from '../server/hypervisor/machine-folder.ts';
import { type BlockdevOptions, layerNode } from '../server/hypervisor/qemu/block-graph.ts';
import { qmpSocket } from '../server/hypervisor/qemu/command-line.ts';
import { findUefi } from '../server/hypervisor/qemu/firmware.ts';
import { openForwards } from '../server/hypervisor/qemu/forwards.ts';
import { uefiDifferenceFile } from '../server/hypervisor/qemu/layout-2.ts';
import { dropPrivileges, programPath } from '../server/hypervisor/qemu/process.ts';
import { QmpClient } from '../server/hypervisor/qemu/qmp.ts';
import { makeUefiVariables } from '../server/hypervisor/qemu/uefi-variables.ts';
import { callControlSocket } from '../server/processes/control-socket.ts';

/** Twenty that start at once on two cores take some seconds. */
const answerLimitMs = 60_000;

/**
 * Spawns QEMU and resolves when it answers; `end` resolves when the process is gone. By hand nobody
 * holds a guest back (`-S`): it begins as soon as its QEMU can.
 */
export async function startQemu(
  argv: readonly string[],
  folder: string,
  identity: UnprivilegedIdentity | undefined,
): Promise<{ qmp: QmpClient; end(): Promise<void> }> {
  const command = argv.filter((word) => word !== '-S');
  const [program = '', ...args] = [...dropPrivileges(identity), ...command];
  const sockets = socketsFolder(folder, 2);
  const consoleLog = openSync(path.join(folder, 'console.log'), 'a');
  const child = spawn(program, args, {
    cwd: sockets,
    detached: true,
    env: { PATH: programPath },
    stdio: ['ignore', 'ignore', 'pipe', consoleLog],
  });
  closeSync(consoleLog);
  let messages = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    messages += chunk;
  });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const isAlive = () => child.exitCode === null;
  const socketPath = path.join(sockets, qmpSocket);
  const qmp = await QmpClient.connect(socketPath, answerLimitMs, isAlive).catch((cause) => {
    throw new Error(`QEMU did not start: ${messages}`, { cause });
  });
  return {
    qmp,
    async end() {
      await qmp.execute('quit').catch(() => {});
      await exit;
    },
  };
}

export interface Pattern {
  argv: string[];
  attachment: GuestAttachment;
  volumeId: string;
}

/** What Imago made of a launch; its instance runs. */
export async function patternOf(homeFolder: string, instance: Instance): Promise<Pattern> {
  const id = instance.InstanceId ?? '';
  const folder = new Home(homeFolder).machineFolder(id);
  const attachment = await readGuestFile(folder, id);
  const volumeId = instance.BlockDeviceMappings?.[0]?.Ebs?.VolumeId;
  if (!attachment || !volumeId) throw new Error(`${id} is no machine with a disk`);
  const command = readFileSync(`/proc/${pidOf(homeFolder, id)}/cmdline`, 'utf8');
  return { argv: command.split('\0').slice(0, -1), attachment, volumeId };
}

export function pidOf(homeFolder: string, instanceId: string): number {
  const folder = new Home(homeFolder).machineFolder(instanceId);
  return JSON.parse(readFileSync(path.join(folder, 'machine.json'), 'utf8')).pid;
}

export class BareMachine implements AsyncDisposable {
  readonly folder: string;
  readonly #pattern: Pattern;
  readonly #home: Home;
  readonly #identity = unprivilegedIdentity();
  #running: Awaited<ReturnType<typeof startQemu>> | undefined;

  private constructor(home: Home, pattern: Pattern) {
    this.#home = home;
    this.#pattern = pattern;
    this.folder = home.machineFolder(pattern.attachment.instanceId);
  }

  /** Everything but the start: an empty layer, and the data plane at its folder. */
  static async prepare(homeFolder: string, pattern: Pattern, number = 0): Promise<BareMachine> {
    const machine = new BareMachine(new Home(homeFolder), renamed(pattern, number));
    await machine.#prepare();
    return machine;
  }

  /** Where the data plane serves the image. */
  get imageUri(): string {
    const root = this.#pattern.attachment.exports[0]?.root;
    return `nbd+unix:///${root}?socket=${path.join(socketsFolder(this.folder, 2), 'nbd.sock')}`;
  }

  /** With `localImage` that qcow2 file lies under the layer instead of the data plane's export. */
  async start(options: { localImage?: string } = {}): Promise<void> {
    const { argv } = this.#pattern;
    const { localImage } = options;
    const command = localImage ? argv.map((word) => this.#withLocalBase(word, localImage)) : argv;
    this.#running = await startQemu(command, this.folder, this.#identity);
  }

  async openSsh(hostPort: number): Promise<void> {
    const { publicIp: hostIp = '' } = this.#pattern.attachment.metadata;
    const forward = { protocol: 'tcp', hostIp, hostPort, guestPort: 22 } as const;
    if (this.#running) await openForwards(this.#running.qmp, [forward]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.end();
    await rm(this.folder, { recursive: true, force: true });
    const { attachment, volumeId } = this.#pattern;
    const socketPath = dataPlaneFiles(this.#home).socketPath;
    await callControlSocket(socketPath, 'DELETE', `/guests/${attachment.instanceId}`);
    await rm(this.#home.volumeFolder(volumeId), { recursive: true, force: true });
  }

  async #prepare(): Promise<void> {
    const { attachment, volumeId } = this.#pattern;
    const layer = this.#home.layerFile(volumeId, 0);
    await mkdir(path.dirname(layer), { recursive: true });
    await chmod(path.dirname(layer), 0o711);
    await createLayer(layer, attachment.exports[0]?.sizeBytes ?? 0);
    const identity = this.#identity;
    const machine = { folder: this.folder, layout: 2, owner: identity } as const;
    await makeMachineFolder({ ...machine, dataPlane: identity });
    if (identity) await lchown(layer, identity.uid, identity.gid);
    if (this.#pattern.argv.some((word) => word.includes(uefiDifferenceFile))) {
      await makeUefiVariables(machine, {
        template: (await findUefi()).plain?.variablesFile ?? '',
        firmwareFolder: this.#home.firmwareFolder,
        createLayer,
      });
    }
    await writeGuestFile(this.folder, attachment, identity);
    const socketPath = dataPlaneFiles(this.#home).socketPath;
    await callControlSocket(socketPath, 'PUT', `/guests/${attachment.instanceId}`);
  }

  #withLocalBase(word: string, localImage: string): string {
    if (!word.startsWith('{"driver":"nbd"')) return word;
    const base: BlockdevOptions = JSON.parse(word);
    return JSON.stringify({
      driver: 'qcow2',
      'node-name': base['node-name'],
      'read-only': true,
      file: {
        driver: 'file',
        filename: path.relative(socketsFolder(this.folder, 2), localImage),
        'read-only': true,
      },
    });
  }
}

/** Under ids that no instance has: ids are random, these count. */
function renamed({ argv, attachment, volumeId }: Pattern, number: number): Pattern {
  const digits = (0xbe9c4 * 2 ** 8 + number).toString(16).padStart(17, '0');
  const rename = (text: string) =>
    text
      .replaceAll(attachment.instanceId.slice('i-'.length), digits)
      .replaceAll(volumeId.slice('vol-'.length), digits);
  const words = argv.map(rename);
  if (!words.some((word) => word.includes(layerNode(`vol-${digits}`, 0)))) {
    throw new Error(`this is not the command line of ${volumeId}'s machine`);
  }
  return {
    argv: words,
    attachment: JSON.parse(rename(JSON.stringify(attachment))),
    volumeId: `vol-${digits}`,
  };
}
