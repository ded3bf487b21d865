/**
 * Files that this tab offers to imports, whatever is looked at meanwhile: they go on until the
 * import has ended, or the tab is closed, or its person signs out. The same file, offered again,
 * goes on with the import that is under way.
 */
import { useSyncExternalStore } from 'preact/compat';
import { type ApiClient, isSignedOut } from './client.ts';
import { offerFile } from './offered-file.ts';
import { speedOf } from './speed.ts';
import type { Input } from './wire.ts';

export interface UploadOrder {
  file: File;
  /** In EC2's word, such as `QCOW2`; of `OVA` an image is made by Imago itself. */
  format: string;
  description: string;
  /** Members of the request. */
  encryption: { Encrypted?: true; KmsKeyId?: string };
  /** What is made of the snapshot; nothing: it stays one. */
  image?: { name: string; bootMode?: string; architecture: string };
}

export interface Upload {
  importId: string;
  /** Account and region that it is imported into. */
  scope: string;
  fileName: string;
  sizeBytes: number;
  /** Given to Imago so far, also what it asked for twice. */
  movedBytes: number;
  /** Undefined before it is known. */
  bytesPerSecond: number | undefined;
  state: 'waiting' | 'reading' | 'registering' | 'done' | 'failed' | 'cancelled';
  /** Why it failed, or a word of the server's about it. */
  message?: string;
  imageId?: string;
  snapshotId?: string;
}

const toldEveryMs = 250;
const rootDevice = '/dev/xvda';

export class Uploads {
  #all: readonly Upload[] = [];
  readonly #ends = new Map<string, AbortController>();
  readonly #listeners = new Set<() => void>();

  readonly all = () => this.#all;

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Resolves with the import's id once that is ordered; the rest goes on by itself. */
  async begin({ client, scope }: Importer, order: UploadOrder): Promise<string> {
    const url = await urlOf(order.file);
    const importId = (await underWay(client, order, url)) ?? (await ordered(client, order, url));
    if (!this.#ends.has(importId)) {
      const end = new AbortController();
      this.#ends.set(importId, end);
      this.#put({
        importId,
        scope,
        fileName: order.file.name,
        sizeBytes: order.file.size,
        movedBytes: 0,
        bytesPerSecond: undefined,
        state: 'waiting',
      });
      client.ended.addEventListener('abort', () => this.#leave(importId));
      void this.#run(client, order, { importId, url, signal: end.signal });
    }
    return importId;
  }

  async cancel(client: ApiClient, importId: string): Promise<void> {
    await client.call('ec2', 'CancelImportTask', { ImportTaskId: importId });
    this.#ends.get(importId)?.abort();
    this.#change(importId, { state: 'cancelled' });
  }

  /** Who has signed out offers nothing. */
  #leave(id: string): void {
    this.#ends.get(id)?.abort();
    this.#all = this.#all.filter(({ importId }) => importId !== id);
    this.#tell();
  }

  async #run(client: ApiClient, order: UploadOrder, task: RunningImport): Promise<void> {
    const { importId, signal } = task;
    const { file } = order;
    const moved = speedOf(performance.now());
    let toldMs = 0;
    try {
      await offerFile(client, {
        ...{ file, ...task },
        onMoved: (bytes) => {
          const now = performance.now();
          moved.add(bytes, now);
          if (now - toldMs < toldEveryMs) return;
          toldMs = now;
          const { total, perSecond } = moved.at(now);
          this.#change(importId, { movedBytes: total, bytesPerSecond: perSecond });
        },
        onConnected: (isConnected) =>
          this.#change(importId, {
            state: isConnected ? 'reading' : 'waiting',
            movedBytes: moved.at(performance.now()).total,
          }),
        isWanted: async () => (await knownStateOf(client, importId))?.isOpen ?? true,
      });
      if (signal.aborted) return;
      await this.#finish(client, order, importId);
    } catch (error) {
      if (!signal.aborted) this.#change(importId, { state: 'failed', message: wordsOf(error) });
    } finally {
      this.#ends.delete(importId);
      this.#tell();
    }
  }

  async #finish(client: ApiClient, order: UploadOrder, importId: string): Promise<void> {
    const { state, message, snapshotId, imageId } = await stateOf(client, importId);
    const known = { message, snapshotId, imageId };
    if (state !== 'completed') return this.#change(importId, { ...known, state: 'failed' });
    if (!order.image || imageId !== undefined) {
      return this.#change(importId, { ...known, state: 'done' });
    }
    this.#change(importId, { ...known, state: 'registering' });
    const request = await registration(client, order, { importId, snapshotId });
    const { ImageId } = await client.call('ec2', 'RegisterImage', request);
    this.#change(importId, { state: 'done', imageId: ImageId });
  }

  #put(upload: Upload): void {
    this.#all = [...this.#all.filter(({ importId }) => importId !== upload.importId), upload];
    this.#tell();
  }

  #change(id: string, part: Partial<Upload>): void {
    const upload = this.#all.find(({ importId }) => importId === id);
    if (!upload || (upload.state === 'cancelled' && part.state !== undefined)) return;
    this.#all = this.#all.map((each) => (each === upload ? { ...each, ...part } : each));
    this.#tell();
  }

  #tell(): void {
    globalThis.onbeforeunload = this.#ends.size > 0 ? (event) => event.preventDefault() : null;
    for (const listener of this.#listeners) listener();
  }
}

interface Importer {
  client: ApiClient;
  scope: string;
}

interface RunningImport {
  importId: string;
  url: string;
  signal: AbortSignal;
}

/** Of this tab. */
export const uploads = new Uploads();
export const useUploads = () => useSyncExternalStore(uploads.subscribe, uploads.all);

/** By which the same file is known again. */
async function urlOf({ name, size, lastModified }: File): Promise<string> {
  const identity = new TextEncoder().encode([name, size, lastModified].join('\0'));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', identity));
  const print = Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0'));
  return `client://${print.join('')}/${encodeURIComponent(name)}`;
}

const active = { Filters: [{ Name: 'task-state', Values: ['active'] }] };

async function underWay(client: ApiClient, { format, encryption }: UploadOrder, url: string) {
  if (format === 'OVA') return undefined;
  const { ImportSnapshotTasks = [] } = await client.call(
    'ec2',
    'DescribeImportSnapshotTasks',
    active,
  );
  const { Encrypted: isEncrypted = false, KmsKeyId: key = '' } = encryption;
  return ImportSnapshotTasks.find(
    ({ SnapshotTaskDetail: detail }) =>
      detail?.Url === url &&
      detail.Format === format &&
      // What is to be encrypted does not go on as what is not.
      (!isEncrypted || detail.Encrypted) &&
      (key === '' || detail.KmsKeyId?.endsWith(key)),
  )?.ImportTaskId;
}

async function ordered(client: ApiClient, order: UploadOrder, Url: string): Promise<string> {
  const { file, format: Format, encryption } = order;
  const Description = order.description || order.image?.name || file.name;
  const disk = { Format, Url, Description: file.name };
  const { ImportTaskId = '' } =
    Format === 'OVA'
      ? await client.call('ec2', 'ImportImage', {
          Description,
          DiskContainers: [disk],
          ...encryption,
        })
      : await client.call('ec2', 'ImportSnapshot', {
          Description,
          DiskContainer: disk,
          ...encryption,
        });
  return ImportTaskId;
}

interface ImportState {
  state: string | undefined;
  /** It may still ask for the file. */
  isOpen: boolean;
  message?: string;
  snapshotId?: string;
  imageId?: string;
}

async function stateOf(client: ApiClient, id: string): Promise<ImportState> {
  const asked = { ImportTaskIds: [id] };
  if (id.startsWith('import-snap-')) {
    const found = await client.call('ec2', 'DescribeImportSnapshotTasks', asked);
    const detail = found.ImportSnapshotTasks?.[0]?.SnapshotTaskDetail;
    const { Status: state, StatusMessage: message, SnapshotId: snapshotId } = detail ?? {};
    return { state, isOpen: state === 'active', message, snapshotId };
  }
  const found = await client.call('ec2', 'DescribeImportImageTasks', asked);
  const [task] = found.ImportImageTasks ?? [];
  const { Status: state, StatusMessage: message, ImageId: imageId } = task ?? {};
  return { state, isOpen: state === 'active', message, imageId };
}

/** Undefined while nobody answers. */
async function knownStateOf(client: ApiClient, id: string): Promise<ImportState | undefined> {
  try {
    return await stateOf(client, id);
  } catch (error) {
    if (isSignedOut(error)) throw error;
    return undefined;
  }
}

/** With what starts it, as Imago has found out where nobody said. */
async function registration(
  client: ApiClient,
  { image }: UploadOrder,
  { importId, snapshotId }: { importId: string; snapshotId: string | undefined },
): Promise<Input<'ec2', 'RegisterImage'>> {
  const { Tasks } = await client.call('imago', 'DescribeTasks', { Subjects: [importId] });
  const { read } = (Tasks[0]?.Outputs ?? {}) as { read?: { bootMode?: string } };
  const mode = image?.bootMode || read?.bootMode;
  if (mode === undefined) {
    throw new Error(
      `The snapshot ${snapshotId} is there, but has nothing that a BIOS or UEFI would start.`,
    );
  }
  type Request = Input<'ec2', 'RegisterImage'>;
  return {
    Name: image?.name ?? '',
    Architecture: image?.architecture as Request['Architecture'],
    VirtualizationType: 'hvm',
    BootMode: mode as Request['BootMode'],
    RootDeviceName: rootDevice,
    BlockDeviceMappings: [{ DeviceName: rootDevice, Ebs: { SnapshotId: snapshotId } }],
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
