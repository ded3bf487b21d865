/**
 * Whose signature an account demands of the images that it launches: its own, that of those who
 * look over images, the provider's. Images of its own are no exception, as whoever has one of its
 * keys could make them.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import { settingsOf } from '../account-settings.ts';
import type { Viewer } from '../viewer.ts';
import { readPublicKey } from './minisign.ts';
import { verifyImage } from './verify-image.ts';

const signersMax = 50;
const accountPattern = /^\d{12}$/;

/** As a request names them: accounts, and keys as minisign has them. */
export function checkedSigners(signers: readonly string[]): string[] {
  if (signers.length < 1 || signers.length > signersMax) {
    throw new ServiceError('InvalidParameterValue', `SignedBy has from 1 to ${signersMax} entries`);
  }
  for (const signer of signers) {
    if (accountPattern.test(signer) || readPublicKey(signer)) continue;
    throw new ServiceError(
      'InvalidParameterValue',
      `'${signer}' is neither an account of twelve digits nor a public key of minisign's`,
    );
  }
  return [...new Set(signers)];
}

/** That the image may be started where it is launched. */
export async function checkSigned(
  reader: CatalogReader,
  viewer: Viewer,
  image: ImageRow,
): Promise<void> {
  const { launchSigners } = await settingsOf(reader, viewer);
  if (!launchSigners) return;
  const row = await reader.imageManifests.get(image.id);
  const { problems, signedBy } = row
    ? await verifyImage(reader, image, row)
    : { problems: ['It has no manifest.'], signedBy: [] };
  if (problems.length > 0) throw refused(image, problems.join(' '));
  const counts = signedBy.some(
    ({ signature, publicKey }) =>
      launchSigners.includes(signature.account) || launchSigners.includes(publicKey),
  );
  if (counts) return;
  const who = signedBy.map(({ signature }) => signature.account).join(', ') || 'nobody';
  throw refused(image, `It is signed by ${who}; one of ${launchSigners.join(', ')} has to.`);
}

function refused({ id }: ImageRow, why: string): ServiceError {
  return new ServiceError(
    'OperationNotPermitted',
    `The launch policy of this account does not let the image '${id}' start. ${why} Have it signed (SignImage), or change the policy.`,
  );
}
