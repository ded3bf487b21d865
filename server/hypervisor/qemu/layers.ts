/**
 * A machine's disks while it runs: `pivotLayers` puts new layers on top at one point in time,
 * `rebaseLayer` replaces what is below a layer, `moveBase` reads the lowest of it from elsewhere.
 * They look at QEMU's block graph and do what is missing, so they can be called again after a kill.
 */

import { lchown, lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../../foundations/log.ts';
import {
  type MachineDiskBase,
  NoDiskError,
  type PivotRequest,
  type PivotResult,
} from '../hypervisor.ts';
import {
  baseNode,
  baseOptions,
  type DeviceInfo,
  deviceOf,
  fileOptions,
  type Layer,
  layerNode,
  layerOptions,
  type NodeInfo,
  nodesAbove,
  nodesBelow,
  nodesOf,
  takenNode,
  topNode,
} from './block-graph.ts';
import { agentSocket } from './command-line.ts';
import { withRelativeFile } from './disk-device.ts';
import { GuestAgent } from './guest-agent.ts';
import type { QemuMachine } from './machine.ts';
import { type PivotRecord, readPivotRecord, writePivotRecord } from './pivot-record.ts';

/** Makes an empty qcow2 file; injected, since the format belongs to server/disk. */
export type CreateLayer = (
  path: string,
  sizeBytes: number,
  options?: { clusterBits?: number; sync?: boolean; secret?: string },
) => Promise<unknown>;

export interface PivotLimits {
  freezeMs: number;
  transactionMs: number;
  thawMs: number;
}

const defaultLimits: PivotLimits = {
  // Freezing writes what is dirty first; Linux itself gives up far later.
  freezeMs: 20_000,
  // It takes milliseconds, but hangs while a read waits for a data plane that is away; a guest must
  // not stay frozen for that, so it is given up, thawed, and found done or undone by the next call.
  transactionMs: 10_000,
  thawMs: 10_000,
};

/** What of `query-blockstats` is looked at: the nodes under a device, each over its backing. */
interface BlockStats {
  qdev?: string;
  'node-name'?: string;
  backing?: BlockStats;
}

export interface PivotOptions {
  createLayer: CreateLayer;
  freeze: boolean;
  log: Log;
  limits?: PivotLimits;
}

export async function pivotLayers(
  machine: QemuMachine,
  volumes: PivotRequest[],
  options: PivotOptions,
): Promise<PivotResult> {
  const { limits = defaultLimits, log } = options;
  await thawLeftFrozen(machine, log, limits);
  const nodes = volumes.map(({ volumeId, layer }) => layerNode(volumeId, layer.number));
  const tops = await topNodes(machine, volumes);
  const missing = volumes.filter((_, index) => tops[index] !== nodes[index]);
  if (missing.length === 0) {
    const record = readPivotRecord(machine.folder);
    const same = record && record.nodes.join() === nodes.join();
    const result = same ? record.result : { frozen: false, pauseMs: 0 };
    return { ...result, cut: 'earlier' };
  }
  // Closes what an earlier call has opened for nothing.
  for (const { volumeId } of missing) await layersOf(machine, volumeId);
  await addLayers(machine, missing, options);
  const actions = missing.map(({ volumeId, layer }) => ({
    type: 'blockdev-snapshot',
    data: {
      node: tops[volumes.findIndex((volume) => volume.volumeId === volumeId)],
      overlay: layerNode(volumeId, layer.number),
    },
  }));
  const cut = () => machine.qmp.execute('transaction', { actions }, limits.transactionMs);
  using agent = options.freeze ? await openAgent(machine, log) : undefined;
  const record: PivotRecord = {
    nodes,
    state: 'done',
    startedAt: Date.now(),
    result: { frozen: false, pauseMs: 0 },
  };
  record.result = agent
    ? await cutFrozen(machine, agent, record, cut, { log, limits })
    : { frozen: false, pauseMs: await elapsedMs(cut) };
  noteDone(machine, record, log);
  return { ...record.result, cut: 'now' };
}

/**
 * Thaws a guest that a killed pivot left frozen; does nothing otherwise. Throws while that cannot
 * be done, so that nobody takes the guest for thawed. A guest that has shut down, or whose agent
 * has gone with it, is not frozen.
 */
export async function thawLeftFrozen(
  machine: QemuMachine,
  log: Log,
  limits = defaultLimits,
): Promise<void> {
  const record = readPivotRecord(machine.folder);
  if (record?.state !== 'freezing') return;
  const result = { frozen: false, pauseMs: 0 };
  if ((await machine.status()) !== 'shutdown' && (await hasAgent(machine))) {
    using agent = await GuestAgent.open(path.join(machine.workFolder, agentSocket));
    // What was frozen until now was so at the cut. Of a guest that ended it nobody knows.
    result.frozen = (await agent.thaw(limits.thawMs)) > 0;
    if (result.frozen) result.pauseMs = Date.now() - record.startedAt;
    log.info('thawed a guest that was left frozen', { folder: machine.folder, ...result });
  }
  noteDone(machine, { ...record, result }, log);
}

/**
 * The guest is thawed, and that is so on a full disk too: without the note it is thawed once more
 * by the next who looks.
 */
function noteDone({ folder }: QemuMachine, record: PivotRecord, log: Log): void {
  try {
    writePivotRecord(folder, { ...record, state: 'done' });
  } catch (error) {
    log.warn('the end of a pivot could not be put on record', { folder, error: error as Error });
  }
}

/** Puts `base` under layer `keep` instead of everything that is there, and closes that. */
export async function rebaseLayer(
  machine: QemuMachine,
  volumeId: string,
  keep: Layer,
  base: MachineDiskBase,
): Promise<void> {
  await topNodes(machine, [{ volumeId }]);
  await openBase(machine, volumeId, base);
  const options = layerOptions(volumeId, keep, baseNode(volumeId, base));
  await machine.qmp.execute('blockdev-reopen', { options: [options] });
  await close(machine, nodesBelow(await namedNodes(machine), volumeId, keep.number, base));
}

/** Where the base under the lowest layer is this one, from a file or an export. */
export async function moveBase(
  machine: QemuMachine,
  volumeId: string,
  wanted: MachineDiskBase,
  { encrypted }: { encrypted: boolean },
): Promise<void> {
  const base = withRelativeFile(machine.workFolder, wanted);
  const names = [
    { ...base, file: undefined },
    { ...base, file: '' },
  ].map((each) => baseNode(volumeId, each));
  const chain = await chainOf(machine, volumeId);
  const below = chain.at(-1) ?? '';
  const number = layerNumber(volumeId, chain.at(-2));
  const to = baseNode(volumeId, base);
  if (names.includes(below) && below !== to && number !== undefined) {
    await openBase(machine, volumeId, base);
    const options = layerOptions(volumeId, { number, path: '', encrypted }, to);
    await machine.qmp.execute('blockdev-reopen', { options: [options] });
  }
  // Also what a killed call has opened.
  const inUse = new Set(await chainOf(machine, volumeId));
  const open = (await namedNodes(machine)).map((node) => node['node-name']);
  await close(
    machine,
    names.filter((name) => open.includes(name) && !inUse.has(name)),
  );
}

async function openBase(
  machine: QemuMachine,
  volumeId: string,
  base: MachineDiskBase,
): Promise<void> {
  const nodes = await namedNodes(machine);
  const known = nodes.find((node) => node['node-name'] === baseNode(volumeId, base));
  if (!known) await machine.qmp.execute('blockdev-add', baseOptions(volumeId, base));
  else if (!known.file.includes(base.exportName)) {
    throw new Error(`${volumeId} has another base whose name begins like ${base.exportName}`);
  }
}

/** Freeze, cut, thaw; whatever happens in between, it is thawed. */
async function cutFrozen(
  machine: QemuMachine,
  agent: GuestAgent,
  record: PivotRecord,
  cut: () => Promise<unknown>,
  { log, limits }: { log: Log; limits: PivotLimits },
): Promise<PivotRecord['result']> {
  // What is written before need not be written while the guest stands still.
  await agent.sync().catch((error: Error) => {
    log.info('the guest did not sync before it is frozen', { folder: machine.folder, error });
  });
  writePivotRecord(machine.folder, { ...record, startedAt: Date.now(), state: 'freezing' });
  const startMs = performance.now();
  let count = 0;
  let thawed: number | undefined;
  try {
    count = await agent.freeze(limits.freezeMs);
  } catch (error) {
    log.warn('the guest did not freeze; the snapshot is crash-consistent', {
      folder: machine.folder,
      error: error as Error,
    });
  }
  try {
    await cut();
  } finally {
    // An agent that failed to freeze may have gone on to freeze since: thaw in any case, over a
    // fresh connection then.
    thawed = await agent.thaw(limits.thawMs).catch(() => undefined);
    agent.close();
    if (thawed === undefined) await thawLeftFrozen(machine, log, limits);
  }
  // A guest ends a freeze that lasts too long; then nobody knows whether that was before the cut.
  const frozen = count > 0 && thawed !== undefined && thawed >= count;
  return { frozen, pauseMs: performance.now() - startMs };
}

async function addLayers(
  machine: QemuMachine,
  volumes: PivotRequest[],
  { createLayer }: PivotOptions,
): Promise<void> {
  for (const { volumeId, layer, sizeBytes, secret } of volumes) {
    // What a killed call left is not in use and may be incomplete.
    await rm(layer.path, { force: true });
    await createLayer(layer.path, sizeBytes, { secret });
    await giveToUserOf(machine, layer.path);
    const file = { ...layer, path: path.relative(machine.workFolder, layer.path) };
    const opened = { ...layer, encrypted: secret !== undefined };
    await machine.qmp.execute('blockdev-add', fileOptions(volumeId, file));
    await machine.qmp.execute('blockdev-add', layerOptions(volumeId, opened, null));
  }
}

/** QEMU's folder is its user's. */
export async function giveToUserOf(machine: QemuMachine, file: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid } = await lstat(machine.workFolder);
  await lchown(file, uid, uid);
}

async function topNodes(
  machine: QemuMachine,
  volumes: Pick<PivotRequest, 'volumeId'>[],
): Promise<string[]> {
  const devices = (await machine.qmp.execute('query-block')) as DeviceInfo[];
  return volumes.map(({ volumeId }) => {
    const node = topNode(devices, volumeId);
    if (!node || node === takenNode(volumeId)) throw new NoDiskError(volumeId);
    return node;
  });
}

/**
 * Numbers of the layers under the volume's device, lowest first. What lies above them was opened
 * for a pivot that did not happen, and is closed: QEMU would keep the room of its file, and take
 * the file for the layer after somebody removed it.
 */
export async function layersOf(machine: QemuMachine, volumeId: string): Promise<number[]> {
  const chain = await chainOf(machine, volumeId);
  const numbers = chain
    .map((name) => layerNumber(volumeId, name))
    .filter((number) => number !== undefined)
    .reverse();
  await close(machine, nodesAbove(await namedNodes(machine), volumeId, numbers.at(-1) ?? Infinity));
  return numbers;
}

/** Names of the nodes under the volume's device, the top first. */
async function chainOf(machine: QemuMachine, volumeId: string): Promise<string[]> {
  const all = (await machine.qmp.execute('query-blockstats')) as BlockStats[];
  const device = deviceOf(all, volumeId);
  if (!device || device['node-name'] === takenNode(volumeId)) throw new NoDiskError(volumeId);
  const names: string[] = [];
  for (let node: BlockStats | undefined = device; node; node = node.backing) {
    names.push(node['node-name'] ?? '');
  }
  return names;
}

/** Undefined for what is no layer. */
function layerNumber(volumeId: string, node = ''): number | undefined {
  const number = Number(node.slice(layerNode(volumeId, 0).length - 1) || Number.NaN);
  return Number.isInteger(number) ? number : undefined;
}

/** Everything that is open of a volume, which no device uses. */
export async function closeNodes(
  machine: QemuMachine,
  volumeId: string,
  { but }: { but?: string } = {},
): Promise<void> {
  const nodes = nodesOf(await namedNodes(machine), volumeId);
  await close(
    machine,
    nodes.filter((node) => node !== but),
  );
}

async function close({ qmp }: QemuMachine, nodes: string[]): Promise<void> {
  for (const node of nodes) await qmp.execute('blockdev-del', { 'node-name': node });
}

async function namedNodes(machine: QemuMachine): Promise<NodeInfo[]> {
  return (await machine.qmp.execute('query-named-block-nodes', { flat: true })) as NodeInfo[];
}

/**
 * Undefined when the guest runs no agent, or one that does not answer: then it cannot be frozen.
 */
async function openAgent(machine: QemuMachine, log: Log): Promise<GuestAgent | undefined> {
  if ((await machine.status()) !== 'running' || !(await hasAgent(machine))) return undefined;
  try {
    return await GuestAgent.open(path.join(machine.workFolder, agentSocket));
  } catch (error) {
    log.warn('the guest agent does not answer', { folder: machine.folder, error: error as Error });
    return undefined;
  }
}

/** Whether a program in the guest has opened the agent's port. */
async function hasAgent(machine: QemuMachine): Promise<boolean> {
  const chardevs = (await machine.qmp.execute('query-chardev')) as {
    label: string;
    'frontend-open': boolean;
  }[];
  return chardevs.some((chardev) => chardev.label === 'agent' && chardev['frontend-open']);
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
