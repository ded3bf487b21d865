/**
 * Parameters that every account sees and nobody has written: the provider's images, newest last.
 * They have no rows of their own.
 */
import type { CatalogReader } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import { providerAccount } from './accounts.ts';
import { isDeprecated } from './image-states.ts';

/** An image of the provider, as a version of what it is. */
export interface ProviderVersion {
  name: string;
  number: number;
  image: ImageRow;
}

export interface PublicParameter {
  name: string;
  description: string;
  /** Oldest first; the newest that is not deprecated is what it stands for. */
  versions: ProviderVersion[];
  newest: ProviderVersion;
}

/** No account's parameters are there. */
export const publicRoot = '/aws/service/';

/** Images that were built before this was kept with them. */
const builtName = /^(?:imago-)?([a-z0-9-]+)-amd64-\d{8}-\d{4}$/;

function providerNameOf(image: ImageRow): string | undefined {
  return image.provider?.name ?? builtName.exec(image.name)?.[1];
}

/**
 * That the image is or ever was a value of, however old or deprecated; with and without the slash
 * in front, as EC2's own page leaves it out.
 */
export function publicParameterNames(image: ImageRow): string[] {
  const name = image.account === providerAccount.id ? providerNameOf(image) : undefined;
  const names = name === undefined ? [] : parameterNamesOf(name);
  return names.flatMap((each) => [each, each.slice(1)]);
}

/** Of the region, by what they are versions of. */
export async function providerVersions(
  reader: CatalogReader,
  region: string,
): Promise<Map<string, ProviderVersion[]>> {
  const where = { account: providerAccount.id, region, state: 'available' };
  const images = await reader.images.list({ where });
  const inTime = ({ createdAt, id }: ImageRow) => `${createdAt} ${id}`;
  images.sort((a, b) => (inTime(a) < inTime(b) ? -1 : 1));
  const versions = new Map<string, ProviderVersion[]>();
  for (const image of images) {
    const name = providerNameOf(image);
    if (name === undefined) continue;
    const before = versions.get(name) ?? [];
    const number = image.provider?.version ?? (before.at(-1)?.number ?? 0) + 1;
    versions.set(name, [...before, { name, number, image }]);
  }
  return versions;
}

/** Of an image that becomes one: no number is given twice while what had it is remembered. */
export async function nextProviderVersion(
  reader: CatalogReader,
  region: string,
  name: string,
): Promise<{ name: string; version: number }> {
  const versions = (await providerVersions(reader, region)).get(name) ?? [];
  const where = { account: providerAccount.id, region };
  const others = [
    ...(await reader.images.list({ where })),
    ...(await reader.formerImages.list({ where })),
  ].filter(({ provider }) => provider?.name === name);
  const numbers = [
    ...versions.map(({ number }) => number),
    ...others.map(({ provider }) => provider?.version ?? 0),
  ];
  return { name, version: Math.max(0, ...numbers) + 1 };
}

/** All that there are in the region, in order of their names. */
export async function publicParameters(
  reader: CatalogReader,
  region: string,
  now: Date,
): Promise<PublicParameter[]> {
  const found: PublicParameter[] = [];
  for (const [name, versions] of await providerVersions(reader, region)) {
    const current = versions.filter(({ image }) => !isDeprecated(image, now));
    const newest = current.at(-1);
    if (!newest) continue;
    const description = `The newest image of the provider that is ${name}`;
    for (const each of parameterNamesOf(name))
      found.push({ name: each, description, versions, newest });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Of an image of the provider: Imago's own, and the one that AWS has for the same, where it has
 * one.
 */
export function parameterNamesOf(name: string): string[] {
  const own = `${publicRoot}imago/${name}/latest/amd64`;
  const [, debian] = /^debian-(\d+)$/.exec(name) ?? [];
  if (debian) return [`${publicRoot}debian/release/${debian}/latest/amd64`, own];
  const [, ubuntu] = /^ubuntu-(\d+\.\d+)$/.exec(name) ?? [];
  if (!ubuntu) return [own];
  const volume = Number(ubuntu) < 23.1 ? 'ebs-gp2' : 'ebs-gp3';
  const server = `${publicRoot}canonical/ubuntu/server/${ubuntu}/stable/current/amd64/hvm`;
  return [`${server}/${volume}/ami-id`, own];
}
