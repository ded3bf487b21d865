/**
 * Whether an image is still what its manifest says, and who vouches for that. It compares rows: the
 * digests in them are those of whole block maps. That the blocks are what they are named after is
 * checked whenever one is read, by the scrubber in the course of days, and by who asks for it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { ImageManifestRow, ManifestSignature } from '../../catalog/rows/provenance.ts';
import { type Manifest, manifestOf } from './image-manifests.ts';
import { isSignedBy, type MinisignKey, publicKeyText } from './minisign.ts';
import { keyOf } from './signing-keys.ts';

export interface GoodSignature {
  signature: ManifestSignature;
  /** As minisign has it. */
  publicKey: string;
}

export interface Verification {
  /** A sentence each. */
  problems: string[];
  signedBy: GoodSignature[];
}

export async function verifyImage(
  reader: CatalogReader,
  image: ImageRow,
  row: ImageManifestRow,
): Promise<Verification> {
  const problems = differences(JSON.parse(row.text) as Manifest, await manifestOf(reader, image));
  const signedBy: GoodSignature[] = [];
  for (const signature of row.signatures) {
    const key = await keyOfSignature(reader, signature);
    if (key && isSignedBy(key, Buffer.from(row.text), signature.file)) {
      signedBy.push({ signature, publicKey: publicKeyText(key) });
    } else {
      problems.push(`The signature of account ${signature.account} is not over this manifest.`);
    }
  }
  return { problems, signedBy };
}

/** A key is known as long as its account is there. */
async function keyOfSignature(
  { signingKeys }: CatalogReader,
  { account, keyId }: ManifestSignature,
): Promise<MinisignKey | undefined> {
  const row = await signingKeys.get(keyId);
  return row?.account === account ? keyOf(row) : undefined;
}

/** Of what an image and its volumes are; parents and checks were as they were. */
function differences(said: Manifest, is: Manifest): string[] {
  const problems: string[] = [];
  for (const name of new Set([...Object.keys(said.image), ...Object.keys(is.image)])) {
    const member = name as keyof Manifest['image'];
    if (said.image[member] === is.image[member]) continue;
    problems.push(`Its ${name} is ${is.image[member]}; it was signed as ${said.image[member]}.`);
  }
  const devices = (of: Manifest) => new Map(of.volumes.map((each) => [each.deviceName, each]));
  const [before, now] = [devices(said), devices(is)];
  for (const device of new Set([...before.keys(), ...now.keys()])) {
    if (isDeepStrictEqual(before.get(device), now.get(device))) continue;
    problems.push(`What ${device} holds is not what was signed.`);
  }
  return problems;
}
