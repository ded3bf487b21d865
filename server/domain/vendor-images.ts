/** Which images of vendors can be pulled, and the task that pulls one. */
import { isDeepStrictEqual } from 'node:util';
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import { providerAccount } from './accounts.ts';
import type { Clock, Ids } from './identity.ts';
import { newTask, unfinishedStates } from './tasks.ts';
import { almalinux } from './vendor-images/almalinux.ts';
import { alpine } from './vendor-images/alpine.ts';
import { debian } from './vendor-images/debian.ts';
import { fedora } from './vendor-images/fedora.ts';
import { rocky } from './vendor-images/rocky.ts';
import { ubuntu } from './vendor-images/ubuntu.ts';
import type { VendorImage } from './vendor-images/vendor-image.ts';

export const vendorImages: readonly VendorImage[] = [
  ...almalinux,
  ...alpine,
  ...debian,
  ...fedora,
  ...rocky,
  ...ubuntu,
];

/** Of a vendor's whole release: a few keys. */
const keyringMaxBytes = 256 * 1024;

/** The entry is kept with the order: a later Imago may know the vendor's next one. */
export interface PullImageInput {
  image: VendorImage;
  regions: string[];
  /** Another folder with the same files; it ends with a slash. */
  from?: string;
  /** What to verify with instead of the keyring that the entry names, in base64. */
  keyring?: string;
}

export interface PullOrder {
  name: string;
  regions: readonly string[];
  from?: string;
  keyring?: Uint8Array;
}

export function requiredVendorImage(name: string): VendorImage {
  const image = vendorImages.find((each) => each.name === name);
  if (image) return image;
  const names = vendorImages.map((each) => each.name).join(', ');
  throw new ServiceError(
    'InvalidParameterValue',
    `There is no image '${name}' of a vendor. There are: ${names}.`,
  );
}

/** Id of the task; of the one that does the same already, if there is one. */
export async function orderPull(
  { tasks }: CatalogTransaction,
  order: PullOrder,
  { region, host }: { region: string; host: string },
  identity: { clock: Clock; ids: Ids },
): Promise<string> {
  const image = requiredVendorImage(order.name);
  const { keyring, from } = order;
  if (keyring && (keyring.length === 0 || keyring.length > keyringMaxBytes)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `The keyring has ${keyring.length} bytes; it may have 1 to ${keyringMaxBytes}.`,
    );
  }
  const input: PullImageInput = {
    image,
    regions: [...new Set(order.regions)],
    ...(from !== undefined && { from: folderAddress(from) }),
    ...(keyring && { keyring: Buffer.from(keyring).toString('base64') }),
  };
  const kind = 'pull-image';
  const where = { kind, subject: image.name, state: unfinishedStates };
  const same = (await tasks.list({ where })).find(
    (task) => task.region === region && isDeepStrictEqual(task.input, input),
  );
  if (same) return same.id;
  const account = providerAccount.id;
  const task = newTask({ kind, subject: image.name, account, region, host, input }, identity);
  await tasks.insert(task);
  return task.id;
}

function folderAddress(text: string): string {
  const url = URL.parse(text);
  const plain = url && !url.username && !url.password && !url.search && !url.hash;
  if (!plain || !['http:', 'https:'].includes(url.protocol)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `'${text}' is not the address of a folder: it begins with http:// or https://, and has no user, query or fragment.`,
    );
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}
