/** The disks of a backup, ready to be opened: what is read without booting it. */
import { readableBackup } from '../../domain/backups/backup-contents.ts';
import type { MappedDisk } from '../../inspection/inspector.ts';
import type { OperationContext } from '../operation.ts';
import { mappedDisks } from './image-contents.ts';

export async function disksOfBackup(context: OperationContext, id: string): Promise<MappedDisk[]> {
  const { catalog, caller, clock } = context;
  const disks = await catalog.read((reader) => readableBackup(reader, caller, id, clock.now()));
  return mappedDisks(context, disks);
}
