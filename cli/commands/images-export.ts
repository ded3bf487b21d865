/**
 * `imago images export`: a disk of an image as a file, of this machine, or in a folder that the
 * server's operator allowed. It has its name when it is whole.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExportImageRequest } from '../../api/generated/ec2-types.ts';
import { imagoModel } from '../../api/imago.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import type { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { receiveFile } from '../downloaded-file.ts';
import type { StepProgress } from '../progress.ts';
import { openWebSocket } from '../web-socket.ts';

const lookEveryMs = 500;

interface ExportOptions {
  format: string;
  disk: number;
}

export async function imagesExportCommand(
  context: CommandContext,
  imageId: string,
  file: string,
  { format, disk }: ExportOptions,
): Promise<void> {
  const { output, progress } = context;
  const client = connect(context);
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(file) ?? [];
  const made = await progress.step(`Export of ${imageId}`, async (step) => {
    if (bucket !== undefined) return exportInto(client, { imageId, format, bucket, prefix }, step);
    await download(client, { imageId, format, disk, file }, step);
    return { ImageId: imageId, File: file };
  });
  if (output.json) output.document(made);
  else output.line(`${imageId} is in ${'File' in made ? made.File : file}.`);
}

async function download(
  client: Client,
  { imageId, format, disk, file }: { imageId: string; format: string; disk: number; file: string },
  step: StepProgress,
): Promise<void> {
  if (existsSync(file))
    throw new CommandError(`There is a file ${file} already.`, 'Remove it first.');
  const query = new URLSearchParams({ format, disk: String(disk) });
  const route = imagoModel.routes.DownloadImage.replace(/^GET /, '');
  const path = route.replace('{ImageId}', encodeURIComponent(imageId));
  const webSocket = await openWebSocket(client, `${path}?${query}`);
  try {
    await receiveFile(webSocket, file, (done, total) =>
      step.doing(`${formatBytes(done)} of ${formatBytes(total)}`),
    );
  } finally {
    webSocket.terminate();
  }
}

async function exportInto(
  client: Client,
  to: { imageId: string; format: string; bucket: string; prefix: string },
  step: StepProgress,
) {
  const { ExportImageTaskId: id = '' } = await client.ec2('ExportImage', {
    ImageId: to.imageId,
    DiskImageFormat: to.format.toUpperCase() as ExportImageRequest['DiskImageFormat'],
    S3ExportLocation: { S3Bucket: to.bucket, S3Prefix: to.prefix },
  });
  for (;;) {
    const { ExportImageTasks: [task] = [] } = await client.ec2('DescribeExportImageTasks', {
      ExportImageTaskIds: [id],
    });
    if (task?.Status === 'completed') return task;
    if (task?.Status === 'deleted') {
      throw new CommandError(`The export failed. ${task.StatusMessage ?? ''}`);
    }
    step.doing(`${task?.Progress ?? 0} %`);
    await sleep(lookEveryMs);
  }
}
