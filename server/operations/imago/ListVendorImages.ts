import { access } from 'node:fs/promises';
import type {
  ListVendorImagesRequest,
  ListVendorImagesResult,
  VendorImage,
} from '../../../api/imago-provider.ts';
import type { VendorImage as Entry } from '../../domain/vendor-images/vendor-image.ts';
import { adviceOf, verificationOf } from '../../domain/vendor-images/verification.ts';
import { vendorImages } from '../../domain/vendor-images.ts';
import type { Operation } from '../operation.ts';

/** With what it takes to verify each: whether that is on this machine is looked at now. */
export const listVendorImages: Operation<ListVendorImagesRequest, ListVendorImagesResult> = {
  accepts: [],
  audience: 'operator',
  async run() {
    return { Images: await Promise.all(vendorImages.map(shapeOf)) };
  },
};

async function shapeOf(entry: Entry): Promise<VendorImage> {
  const { name, title, folder, file, user, signature } = entry;
  const keyring = signature?.keyring;
  const verification = verificationOf(
    entry,
    keyring !== undefined && (await isThere(keyring.file)),
  );
  return {
    Name: name,
    Title: title,
    Address: new URL(file, folder).href,
    User: user,
    Fingerprints: [...(signature?.fingerprints ?? [])],
    Keyring: keyring?.file,
    Package: keyring?.package,
    Verification: verification,
    Advice: adviceOf(entry, verification),
  };
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
