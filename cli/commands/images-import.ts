/**
 * `imago images import`: a disk file becomes a snapshot, and that an image. A file of this machine
 * is read where it is: what was stored before the command or Imago was interrupted is not read
 * again, when the same command is given again. That is so for a whole one, too, of which no image
 * was made.
 */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportSnapshotTask, RegisterImageRequest } from '../../api/generated/ec2-types.ts';
import { ApiError, type Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { OfferedFile } from '../offered-file.ts';
import type { StepProgress } from '../progress.ts';

const lookEveryMs = 500;
/** Imago may be started again meanwhile. */
const awayMs = 5 * 60_000;

export interface ImportOptions {
  format: string;
  name: string;
  description?: string;
  bootMode?: string;
  architecture: string;
  encrypted?: boolean;
  /** An id, an ARN or an alias; it says that the image is encrypted, too. */
  kmsKeyId?: string;
}

export async function imagesImportCommand(
  context: CommandContext,
  what: string,
  options: ImportOptions,
): Promise<void> {
  const client = connect(context);
  await checkNameIsFree(client, options.name);
  const { output, progress } = context;
  await using place = await placeOf(what);
  const { imported, bootMode } = await progress.step(`Import of ${place.title}`, (step) =>
    importSnapshot(client, place, options, step),
  );
  const { SnapshotId: snapshotId = '' } = imported.SnapshotTaskDetail ?? {};
  const { StatusMessage: note } = imported.SnapshotTaskDetail ?? {};
  const wanted = options.bootMode ?? bootMode;
  if (wanted === undefined) {
    throw new CommandError(
      `The snapshot ${snapshotId} is there, but has nothing that a BIOS or UEFI would start.`,
      `If it boots all the same, register it: aws ec2 register-image --boot-mode …`,
    );
  }
  const { ImageId: imageId } = await client.ec2(
    'RegisterImage',
    registration(options, snapshotId, wanted),
  );
  if (output.json) {
    const { Images: [image] = [] } = await client.ec2('DescribeImages', {
      ImageIds: [imageId ?? ''],
    });
    return output.document(image);
  }
  if (note) output.line(note);
  output.line(`${imageId} ${options.name} is available (${wanted}, snapshot ${snapshotId}).`);
}

interface Place extends AsyncDisposable {
  title: string;
  /** As the import names it. */
  url: string;
  file?: OfferedFile;
}

async function placeOf(what: string): Promise<Place> {
  if (/^(https?|s3):\/\//.test(what)) {
    return { title: what, url: what, [Symbol.asyncDispose]: async () => {} };
  }
  const file = await OfferedFile.open(what);
  const { sizeBytes, changedMs } = file.facts;
  // By which the same file is known again.
  const identity = [await realpath(what), sizeBytes, changedMs].join('\0');
  const print = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  const title = path.basename(what);
  const url = `client://${print}/${encodeURIComponent(title)}`;
  return { title, url, file, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
}

async function importSnapshot(
  client: Client,
  place: Place,
  options: ImportOptions,
  step: StepProgress,
): Promise<{ imported: ImportSnapshotTask; bootMode?: string }> {
  const id = await orderedImport(client, place, options);
  const ended = new AbortController();
  const offered = place.file?.offerTo(client, id, place.url, ended.signal);
  try {
    const imported = await untilImported(client, id, step);
    return { imported, bootMode: await bootModeOf(client, id) };
  } finally {
    ended.abort();
    await offered;
  }
}

/** The one that is under way for this very file or has come to be unused, or a new one. */
async function orderedImport(
  client: Client,
  place: Place,
  options: ImportOptions,
): Promise<string> {
  const format = options.format.toUpperCase();
  const keyArn = await keyArnOf(client, options);
  const isEncrypted = options.encrypted || keyArn !== undefined;
  const isSame = ({ SnapshotTaskDetail: detail }: ImportSnapshotTask) =>
    detail?.Url === place.url &&
    detail.Format === format &&
    // What is to be encrypted does not go on as what is not.
    (!isEncrypted || detail.Encrypted === true) &&
    (keyArn === undefined || detail.KmsKeyId === keyArn);
  const same = place.file && (await begunImport(client, isSame));
  if (same !== undefined) return same;
  const { ImportTaskId: id = '' } = await client.ec2('ImportSnapshot', {
    Description: options.description ?? options.name,
    DiskContainer: { Format: format, Url: place.url, Description: place.title },
    ...(isEncrypted && { Encrypted: true, KmsKeyId: keyArn }),
  });
  return id;
}

/** One may have ended just when the command was interrupted: then only its image is missing. */
async function begunImport(
  client: Client,
  isSame: (task: ImportSnapshotTask) => boolean,
): Promise<string | undefined> {
  for (const state of ['active', 'completed']) {
    const { ImportSnapshotTasks = [] } = await client.ec2('DescribeImportSnapshotTasks', {
      Filters: [{ Name: 'task-state', Values: [state] }],
    });
    for (const task of ImportSnapshotTasks.filter(isSame)) {
      if (state === 'active' || (await isUnused(client, task))) return task.ImportTaskId;
    }
  }
  return undefined;
}

/** Its snapshot is there, and no image is made of it. */
async function isUnused(client: Client, task: ImportSnapshotTask): Promise<boolean> {
  const { SnapshotId: id = '' } = task.SnapshotTaskDetail ?? {};
  const named = (name: string) => ({ Filters: [{ Name: name, Values: [id] }] });
  const { Snapshots = [] } = await client.ec2('DescribeSnapshots', {
    ...named('snapshot-id'),
    OwnerIds: ['self'],
  });
  if (Snapshots.length === 0) return false;
  const { Images = [] } = await client.ec2('DescribeImages', {
    ...named('block-device-mapping.snapshot-id'),
    Owners: ['self'],
    IncludeDisabled: true,
  });
  return Images.length === 0;
}

async function keyArnOf(client: Client, { kmsKeyId }: ImportOptions): Promise<string | undefined> {
  if (kmsKeyId === undefined) return undefined;
  return (await client.kms('DescribeKey', { KeyId: kmsKeyId })).KeyMetadata?.Arn;
}

async function untilImported(
  client: Client,
  id: string,
  step: StepProgress,
): Promise<ImportSnapshotTask> {
  for (let lastAnswer = Date.now(); ; ) {
    const task = await describe(client, id).catch((error) => {
      if (error instanceof ApiError || Date.now() - lastAnswer > awayMs) throw error;
      return undefined;
    });
    if (task) lastAnswer = Date.now();
    const { Status, StatusMessage = '', Progress = '0' } = task?.SnapshotTaskDetail ?? {};
    if (task && Status === 'completed') return task;
    if (Status === 'deleted') throw new CommandError(`The import failed. ${StatusMessage}`);
    step.doing(task ? `${Progress} %  ${StatusMessage}` : 'Imago does not answer');
    await sleep(lookEveryMs);
  }
}

async function describe(client: Client, id: string): Promise<ImportSnapshotTask | undefined> {
  const { ImportSnapshotTasks: [task] = [] } = await client.ec2('DescribeImportSnapshotTasks', {
    ImportTaskIds: [id],
  });
  return task;
}

/** What Imago has found out of the disk. */
async function bootModeOf(client: Client, id: string): Promise<string | undefined> {
  const { Tasks } = await client.imago('DescribeTasks', { Subjects: [id] });
  const { read } = (Tasks[0]?.Outputs ?? {}) as { read?: { bootMode?: string } };
  return read?.bootMode;
}

async function checkNameIsFree(client: Client, name: string): Promise<void> {
  const { Images: [taken] = [] } = await client.ec2('DescribeImages', {
    Owners: ['self'],
    Filters: [{ Name: 'name', Values: [name.replace(/[*?\\]/g, '\\$&')] }],
  });
  if (!taken) return;
  throw new CommandError(
    `There is an image ${name} already: ${taken.ImageId}.`,
    'Give another --name.',
  );
}

function registration(
  { name, description, architecture }: ImportOptions,
  snapshotId: string,
  bootMode: string,
): RegisterImageRequest {
  const rootDeviceName = '/dev/xvda';
  return {
    Name: name,
    Description: description,
    Architecture: architecture as RegisterImageRequest['Architecture'],
    VirtualizationType: 'hvm',
    BootMode: bootMode as RegisterImageRequest['BootMode'],
    RootDeviceName: rootDeviceName,
    BlockDeviceMappings: [{ DeviceName: rootDeviceName, Ebs: { SnapshotId: snapshotId } }],
  };
}
