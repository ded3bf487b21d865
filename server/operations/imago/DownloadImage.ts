import type { Duplex } from 'node:stream';
import type { DownloadImageRequest } from '../../../api/imago-transfers.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import { CachedBlockReader } from '../../blocks/cached-block-reader.ts';
import { openSnapshotDisk } from '../../disk/snapshot-disk.ts';
import { DiskFormatError } from '../../disk-formats/disk-format-error.ts';
import { diskFileFormats } from '../../disk-formats/limits.ts';
import { writeDiskFile } from '../../disk-formats/write-disk-file.ts';
import { exportableImage, plainRootsOf } from '../../domain/exports.ts';
import { Limit } from '../../foundations/limit.ts';
import { ImageDownload } from '../../transfers/image-download.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { oneOf } from '../requests/fixed-values.ts';

/** They read, and compress, whole disks: more at a time would only share the processors. */
const downloads = new Limit(2);
/** Blocks are read once each, in order, some ahead. */
const cacheBytes = 16 * blockSizeBytes;

/** One disk of an image as a file, to the client that asks. */
export const downloadImage: Operation<DownloadImageRequest, Duplex> = {
  accepts: ['ImageId', 'Format', 'Disk'],
  connects: true,
  async run({ ImageId: id, Format, Disk: number = 1 }, context) {
    const format = oneOf('Format', Format.toLowerCase(), diskFileFormats) ?? 'raw';
    const { catalog, caller } = context;
    const disks = await catalog.read(async (reader) =>
      plainRootsOf(reader, caller, await exportableImage(reader, caller, id)),
    );
    const disk = disks[number - 1];
    if (!disk) {
      throw new ServiceError(
        'InvalidParameterValue',
        `The image ${id} has ${disks.length} disks with something on them, and no disk ${number}.`,
      );
    }
    const download = new ImageDownload();
    void downloads.run(() => send(context, disk, format, download));
    return download;
  },
};

/** Never rejects. */
async function send(
  { blocks }: OperationContext,
  { root, region }: { root: string; region: string },
  format: (typeof diskFileFormats)[number],
  download: ImageDownload,
): Promise<void> {
  const { signal, sink } = download;
  try {
    const reader = new CachedBlockReader(blocks.of(region), { capacityBytes: cacheBytes });
    const disk = await openSnapshotDisk(reader, root);
    const onProgress = (done: number, total: number) => download.tell(done, total);
    await writeDiskFile(format, disk, sink, { signal, onProgress });
    await download.finish();
  } catch (error) {
    if (signal.aborted) return;
    const why = error instanceof DiskFormatError ? error.message : 'The image cannot be read.';
    await download.fail(why).catch(() => {});
  }
}
