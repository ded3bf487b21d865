/** For tests of second block stores: when one has all that the first one has sealed. */
import { nodeFiles } from '../../server/files/node/node-files.ts';
import { storeToRecover } from '../../server/recovery/stores-to-recover.ts';
import { until } from './until.ts';

/** Either may be a store or a home, and may be written meanwhile. */
export async function untilInStep(first: string, second: string): Promise<void> {
  await until(
    'the second store is in step',
    async () => {
      const sealed = await sealedIn(first);
      return sealed !== undefined && sealed === (await sealedIn(second));
    },
    300_000,
  );
}

async function sealedIn(folder: string) {
  const store = await storeToRecover(nodeFiles, folder).catch(() => undefined);
  return store?.record?.catalogs.at(-1)?.root;
}
