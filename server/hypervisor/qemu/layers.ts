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
import { withRelativeFile } from './disk-device.ts';
import {
  cutFrozen,
  defaultLimits,
  noteDone,
  openAgent,
  type PivotLimits,
  thawLeftFrozen,
} from './freeze.ts';
import type { QemuMachine } from './machine.ts';
import { type PivotRecord, readPivotRecord } from './pivot-record.ts';

/** Makes an empty qcow2 file; injected, since the format belongs to server/disk. */
export type CreateLayer = (
  path: string,
  sizeBytes: number,
  options?: { clusterBits?: number; secret?: string },
) => Promise<unknown>;

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

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
