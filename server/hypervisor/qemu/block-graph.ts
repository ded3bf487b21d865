/**
 * The block nodes of a machine's disks: how they are named and described, the same on the command
 * line, at a pivot and at a rebase, since `blockdev-reopen` sets every option that it is not given
 * back to its default.
 *
 *   device v0123456789abcdef0                virtio-blk-pci, serial vol0123456789abcdef0
 *     node v0123456789abcdef0.2              top layer (qcow2) over its file, v0123456789abcdef0.2f
 *     node v0123456789abcdef0.1              the layer below, while a capture is being uploaded;
 *                                            also with its file
 *     node v0123456789abcdef0.b9f86d081884c  the base (NBD), by the start of its export's name, or
 *     node v0123456789abcdef0.r9f86d081884c  the same bytes in a raw file
 *     node v0123456789abcdef0.taken          in place of all of them where the volume was taken away
 *                                            from a guest that does not let go of it
 *
 * Pure: it builds and reads descriptions, it talks to nobody. No node ever takes a file name out of
 * an image's header.
 */
import type { MachineDisk, MachineDiskBase } from '../hypervisor.ts';

/**
 * Socket of the data plane in the machine's folder, which is QEMU's working directory: sun_path is
 * short.
 */
export const nbdSocket = 'nbd.sock';

/**
 * How long reads wait for a data plane that is being restarted before the machine stops on an
 * error; it can be resumed after that too.
 */
const reconnectDelaySeconds = 300;

/** QEMU cuts node names at 31 bytes; with a volume id of 17 digits, 11 of the export's name fit. */
const nodeNameMaxLength = 31;

export interface BlockdevOptions {
  driver: string;
  'node-name': string;
  [option: string]: unknown;
}

export interface Layer {
  number: number;
  path: string;
  /** By what `secretId` names. */
  encrypted?: boolean;
}

/**
 * Name of a volume's device, and the start of its nodes' names (which must begin with a letter).
 */
export function deviceName(volumeId: string): string {
  return `v${volumeId.replace(/^vol-/, '')}`;
}

/**
 * The form in which EC2 shows a volume's id to its guest: exactly the 20 bytes that virtio has room
 * for.
 */
export function diskSerial(volumeId: string): string {
  return volumeId.replace('-', '');
}

/** Of the object that opens a volume's layers. */
export function secretId(volumeId: string): string {
  return `${deviceName(volumeId)}.secret`;
}

export function layerNode(volumeId: string, number: number): string {
  return `${deviceName(volumeId)}.${number}`;
}

function fileNode(volumeId: string, number: number): string {
  return `${layerNode(volumeId, number)}f`;
}

export function baseNode(volumeId: string, base: MachineDiskBase): string {
  const kind = base.file === undefined ? 'b' : 'r';
  return `${deviceName(volumeId)}.${kind}${base.exportName}`.slice(0, nodeNameMaxLength);
}

export function takenNode(volumeId: string): string {
  return `${deviceName(volumeId)}.taken`;
}

/**
 * A disk without a byte: of such a one QEMU tells the guest that each request is out of range.
 * Any other error would stop the whole machine, as those of its disks do.
 */
export function takenOptions(volumeId: string): BlockdevOptions {
  return { driver: 'null-co', 'node-name': takenNode(volumeId), size: 0 };
}

export function fileOptions(volumeId: string, layer: Layer): BlockdevOptions {
  return {
    driver: 'file',
    'node-name': fileNode(volumeId, layer.number),
    filename: layer.path,
    discard: 'unmap',
  };
}

/** `backing` null: zeros below. */
export function layerOptions(
  volumeId: string,
  layer: Layer,
  backing: string | null,
): BlockdevOptions {
  return {
    driver: 'qcow2',
    'node-name': layerNode(volumeId, layer.number),
    file: fileNode(volumeId, layer.number),
    backing,
    discard: 'unmap',
    ...(layer.encrypted && { encrypt: { format: 'luks', 'key-secret': secretId(volumeId) } }),
  };
}

export function baseOptions(volumeId: string, base: MachineDiskBase): BlockdevOptions {
  const node = { 'node-name': baseNode(volumeId, base) };
  if (base.file !== undefined) {
    return { driver: 'file', ...node, filename: base.file, 'read-only': true };
  }
  return {
    driver: 'nbd',
    ...node,
    server: { type: 'unix', path: nbdSocket },
    export: base.exportName,
    'read-only': true,
    'reconnect-delay': reconnectDelaySeconds,
  };
}

/** All nodes of a disk in the order in which they must be opened, lowest first. */
export function diskOptions(disk: MachineDisk): BlockdevOptions[] {
  const { volumeId, base } = disk;
  const nodes: BlockdevOptions[] = base ? [baseOptions(volumeId, base)] : [];
  let below = base ? baseNode(volumeId, base) : null;
  for (const layer of disk.layers) {
    const options = { ...layer, encrypted: disk.secret !== undefined };
    nodes.push(fileOptions(volumeId, layer), layerOptions(volumeId, options, below));
    below = layerNode(volumeId, layer.number);
  }
  return nodes;
}

/** What of `query-named-block-nodes` is looked at. */
export interface NodeInfo {
  'node-name': string;
  file: string;
}

/** What of `query-block` is looked at: which node is on top of which device, and its limits. */
export interface DeviceInfo {
  qdev?: string;
  inserted?: {
    'node-name'?: string;
    image?: { 'virtual-size'?: number };
    iops?: number;
    bps?: number;
  };
}

/** What one of QEMU's lists of devices says of the volume's. */
export function deviceOf<T extends { qdev?: string }>(
  devices: T[],
  volumeId: string,
): T | undefined {
  const path = `/machine/peripheral/${deviceName(volumeId)}/`;
  return devices.find(({ qdev }) => qdev?.startsWith(path));
}

/** The volume whose device this is. */
export function volumeIdOf(qdev: string | undefined): string | undefined {
  const digits = /^\/machine\/peripheral\/v([^/]+)\//.exec(qdev ?? '')?.[1];
  return digits === undefined ? undefined : `vol-${digits}`;
}

/** Name of the node that the guest's device writes to. */
export function topNode(devices: DeviceInfo[], volumeId: string): string | undefined {
  return deviceOf(devices, volumeId)?.inserted?.['node-name'];
}

/**
 * The nodes that are not needed any more once `keep` lies over `base`: everything of the volume
 * that is neither of them nor above `keep`; users before what they use, which is the order in which
 * they can be deleted.
 */
export function nodesBelow(
  nodes: NodeInfo[],
  volumeId: string,
  keepNumber: number,
  base: MachineDiskBase,
): string[] {
  const baseInUse = baseNode(volumeId, base);
  return inOrderOfDeletion(
    nodes,
    volumeId,
    (number, name) => name !== baseInUse && !(number >= keepNumber),
  );
}

/**
 * What a pivot that did not happen has left open: layers above the one that the device writes to.
 */
export function nodesAbove(nodes: NodeInfo[], volumeId: string, topNumber: number): string[] {
  return inOrderOfDeletion(nodes, volumeId, (number) => number > topNumber);
}

/** Everything that is open of a volume. */
export function nodesOf(nodes: NodeInfo[], volumeId: string): string[] {
  return inOrderOfDeletion(nodes, volumeId, () => true);
}

/** The numbers of a base, and of what is in place of a volume that was taken away, are NaN. */
function inOrderOfDeletion(
  nodes: NodeInfo[],
  volumeId: string,
  isMeant: (number: number, name: string) => boolean,
): string[] {
  const prefix = `${deviceName(volumeId)}.`;
  const rank = (suffix: string) => (/^[brt]/.test(suffix) ? 2 : suffix.endsWith('f') ? 1 : 0);
  return nodes
    .map((node) => node['node-name'])
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ name, suffix: name.slice(prefix.length) }))
    .filter(({ name, suffix }) => isMeant(Number.parseInt(suffix, 10), name))
    .sort(
      (one, other) =>
        rank(one.suffix) - rank(other.suffix) ||
        Number.parseInt(other.suffix, 10) - Number.parseInt(one.suffix, 10),
    )
    .map(({ name }) => name);
}
