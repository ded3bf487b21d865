/**
 * Manifests: what an image is, in one text that is signed by the account that it belongs to in the
 * transaction in which it becomes available. The digests of its volumes in it are those of whole
 * block maps, so the text stands for every byte of it. What may change later (description, tags, who
 * sees it) is not in it.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { ServiceError } from '../../../api/service-error.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import { type ImageRow, type ImageScan, sourceRegionOf } from '../../catalog/rows/image.ts';
import type { ImageManifestRow, ManifestSignature } from '../../catalog/rows/provenance.ts';
import { signFile } from './minisign.ts';
import { type Signing, signingSecret } from './signing-keys.ts';

const format = 'imago-manifest/1';
/** Of accounts beside the owner's. */
const signaturesMax = 20;

export interface Manifest {
  format: string;
  image: ManifestImage;
  volumes: ManifestVolume[];
  /** What it was made of. */
  parent?: { imageId: string; region: string; manifestSha256?: string };
  instanceId?: string;
  provider?: { name: string; version: number };
  builder: { name: string; version: string };
  /** Of the texts that it was made of. */
  inputs?: { recipeSha256?: string; lockSha256?: string };
  checks?: { at: string; findings: Record<string, number> };
}

/** The texts that an image was made of, where it was made by a recipe. */
export type MadeOf = Pick<ImageManifestRow, 'recipe' | 'lock'>;

interface ManifestImage {
  imageId: string;
  account: string;
  region: string;
  name: string;
  createdAt: string;
  architecture: string;
  platform?: string;
  bootMode?: string;
  tpmSupport?: string;
  uefiDataSha256?: string;
  rootDeviceName: string;
}

export interface ManifestVolume {
  deviceName: string;
  sizeGiB: number;
  snapshotId?: string;
  /** Of its block map; of a volume that begins empty there is none. */
  sha256?: string;
  encrypted?: true;
}

/**
 * Writes down what the image is, as it becomes available, and signs it; its row and those of its
 * snapshots are written before. Made anew when it was checked. Where there is no master key, nobody
 * has signed it.
 */
export async function recordManifest(
  transaction: CatalogTransaction,
  image: ImageRow,
  signing: Signing,
  made?: MadeOf,
): Promise<void> {
  const { imageManifests } = transaction;
  const known = await imageManifests.get(image.id);
  const { recipe, lock } = made ?? known ?? {};
  const inputs = inputsPart({ recipe, lock });
  const manifest = { ...(await manifestOf(transaction, image)), ...(inputs && { inputs }) };
  const text = canonicalize(manifest) as string;
  if (known?.text === text && known.signatures.length > 0) return;
  const { id, account, region } = image;
  const row: ImageManifestRow = {
    id,
    account,
    region,
    createdAt: signing.now.toISOString(),
    text,
    ...(recipe !== undefined && { recipe }),
    ...(lock !== undefined && { lock }),
    digest: sha256Of(text),
    signatures: [],
  };
  if (signing.masterKey.problem === undefined) {
    row.signatures.push(await signature(transaction, row, account, signing));
  }
  if (known) await imageManifests.update({ ...known, ...row });
  else await imageManifests.insert(row);
}

/** The same by an account that sees the image; what it had signed before is replaced. */
export async function addSignature(
  transaction: CatalogTransaction,
  row: ImageManifestRow,
  account: string,
  signing: Signing,
): Promise<ImageManifestRow> {
  const others = row.signatures.filter((each) => each.account !== account);
  if (others.length > signaturesMax) {
    throw new ServiceError(
      'ResourceLimitExceeded',
      `${signaturesMax} accounts beside its owner have signed the image '${row.id}', as many as may.`,
    );
  }
  const added = await signature(transaction, row, account, signing);
  const signed = { ...row, signatures: [...others, added] };
  await transaction.imageManifests.update(signed);
  return signed;
}

/** From its rows as they are now. */
export async function manifestOf(reader: CatalogReader, image: ImageRow): Promise<Manifest> {
  const parent = await parentOf(reader, image);
  return {
    format,
    image: imagePart(image),
    volumes: await volumesOf(reader, image),
    ...(parent && { parent }),
    ...(image.sourceInstanceId !== undefined && { instanceId: image.sourceInstanceId }),
    ...(image.provider && { provider: image.provider }),
    builder: { name: 'imago', version: packageJson.version },
    ...(image.scan && { checks: checksPart(image.scan) }),
  };
}

async function signature(
  transaction: CatalogTransaction,
  { id, text, digest }: ImageManifestRow,
  account: string,
  signing: Signing,
): Promise<ManifestSignature> {
  const secret = await signingSecret(transaction, account, signing);
  const signedAt = signing.now.toISOString();
  const comment = `image ${id} account ${account} sha256 ${digest} at ${signedAt}`;
  return {
    account,
    keyId: secret.id,
    file: signFile(secret, Buffer.from(text), comment),
    signedAt,
  };
}

function imagePart(image: ImageRow): ManifestImage {
  const { id: imageId, account, region, name, createdAt, architecture, rootDeviceName } = image;
  const { platform, bootMode, tpmSupport, uefiData } = image;
  return {
    imageId,
    account,
    region,
    name,
    createdAt,
    architecture,
    ...(platform && { platform }),
    ...(bootMode && { bootMode }),
    ...(tpmSupport && { tpmSupport }),
    ...(uefiData !== undefined && {
      uefiDataSha256: createHash('sha256').update(uefiData, 'base64').digest('hex'),
    }),
    rootDeviceName,
  };
}

async function volumesOf(
  { snapshots }: CatalogReader,
  { blockDeviceMappings }: ImageRow,
): Promise<ManifestVolume[]> {
  const volumes: ManifestVolume[] = [];
  for (const { deviceName, ebs } of blockDeviceMappings) {
    const snapshot = ebs.snapshotId && (await snapshots.get(ebs.snapshotId));
    const sha256 = snapshot && (snapshot.root ?? snapshot.archive?.map);
    volumes.push({
      deviceName,
      sizeGiB: ebs.volumeSizeGiB,
      ...(ebs.snapshotId !== undefined && { snapshotId: ebs.snapshotId }),
      ...(sha256 && { sha256 }),
      ...(ebs.encrypted && { encrypted: true as const }),
    });
  }
  return volumes;
}

async function parentOf({ imageManifests }: CatalogReader, image: ImageRow) {
  const { sourceImageId: imageId } = image;
  if (imageId === undefined) return undefined;
  const known = await imageManifests.get(imageId);
  return {
    imageId,
    region: sourceRegionOf(image) ?? image.region,
    ...(known && { manifestSha256: known.digest }),
  };
}

function inputsPart({ recipe, lock }: MadeOf): Manifest['inputs'] {
  if (recipe === undefined && lock === undefined) return undefined;
  return {
    ...(recipe !== undefined && { recipeSha256: sha256Of(recipe) }),
    ...(lock !== undefined && { lockSha256: sha256Of(lock) }),
  };
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function checksPart({ scannedAt, findings }: ImageScan) {
  const counts: Record<string, number> = {};
  for (const { severity } of findings) counts[severity] = (counts[severity] ?? 0) + 1;
  return { at: scannedAt, findings: counts };
}
