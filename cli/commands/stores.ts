/** `imago stores`: what block stores say of themselves, and that they remove nothing before a date. */
import { lockedUntil, lockStore, StoreLockedError } from '../../server/blocks/fs/store-lock.ts';
import { nodeFiles } from '../../server/files/node/node-files.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { CatalogRecordError } from '../../server/recovery/catalog-record.ts';
import { NoStoreError, storeToRecover } from '../../server/recovery/stores-to-recover.ts';
import { CommandError } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { momentIn } from '../moment.ts';

export async function storesShowCommand({ output }: CommandContext, named: string): Promise<void> {
  const { folder, record } = await storeIn(named);
  const until = await lockedUntil(nodeFiles, folder, new Date());
  const catalogs = record?.catalogs ?? [];
  if (output.json) {
    const told = catalogs.map(({ number, createdAt, rows }) => ({ number, createdAt, rows }));
    return output.document({ folder, lockedUntil: until, catalogs: told });
  }
  output.line(until === undefined ? 'It is not locked.' : `Nothing is removed before ${until}.`);
  if (catalogs.length === 0) output.line('No catalog is sealed into it.');
  for (const { number, createdAt, rows, plainBytes } of catalogs) {
    output.line(`catalog ${number} of ${createdAt}: ${rows} rows, ${formatBytes(plainBytes)}`);
  }
}

export async function storesLockCommand(
  { output }: CommandContext,
  named: string,
  options: { until: string },
): Promise<void> {
  const until = momentIn(options.until);
  if (!until || until.getTime() <= Date.now()) {
    throw new CommandError(`--until ${options.until} is no date to come.`, undefined, 2);
  }
  const { folder } = await storeIn(named);
  try {
    await lockStore(nodeFiles, folder, until);
  } catch (error) {
    if (!(error instanceof StoreLockedError)) throw error;
    throw new CommandError(`It is locked for longer: ${error.message}.`);
  }
  const told = { folder, lockedUntil: until.toISOString() };
  if (output.json) output.document(told);
  else output.line(`Nothing is removed from ${folder} before ${told.lockedUntil}.`);
}

async function storeIn(named: string) {
  try {
    return await storeToRecover(nodeFiles, named);
  } catch (error) {
    if (error instanceof NoStoreError || error instanceof CatalogRecordError) {
      throw new CommandError(`${error.message}.`);
    }
    throw error;
  }
}
