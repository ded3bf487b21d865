/**
 * A home with as many images as an organisation keeps after years, for benches of the API: written
 * through the catalog's port.
 */
import type { CredentialRow } from '../server/catalog/rows/account.ts';
import type { ImageRow } from '../server/catalog/rows/image.ts';
import type { SnapshotRow } from '../server/catalog/rows/snapshot.ts';
import { openSqliteCatalog } from '../server/catalog/sqlite/sqlite-catalog.ts';
import { ensureFirstAccount } from '../server/domain/first-account.ts';
import { randomIds, systemClock } from '../server/domain/identity.ts';
import type { Home } from '../server/foundations/home.ts';

export const imageCount = 10_000;
export const region = 'us-east-1';

const services = 'web-server api-gateway postgres redis batch ci-runner bastion gpu-node'.split(
  ' ',
);
const createdAt = '2026-01-31T10:00:00.000Z';

export const imageId = (number: number) => idOf('ami', number);
export const snapshotId = (number: number) => idOf('snap', number);

/**
 * 25 teams with 50 images of each of eight services, such as
 * `team-07/web-server-1.2.207-amd64-20260124`.
 */
export function imageName(number: number): string {
  const service = services[Math.floor(number / 25) % services.length];
  const version = `1.${Math.floor(number / 1000)}.${number % 1000}`;
  const day = digits(1 + (number % 28), 2);
  return `team-${digits(number % 25, 2)}/${service}-${version}-amd64-202601${day}`;
}

/** A prime: as many different ids. */
const idsModulus = 1_000_003;

/** Spread over the ids, so that the order of ids is not that of names. */
function idOf(prefix: string, number: number): string {
  return `${prefix}-${digits((number * 7919) % idsModulus, 17)}`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

export function imageRow(number: number, account: string): ImageRow {
  const ebs = { volumeSizeGiB: 8, deleteOnTermination: true, volumeType: 'gp3' };
  return {
    id: imageId(number),
    account,
    region,
    createdAt,
    name: imageName(number),
    description: 'Golden image, built nightly',
    state: 'available',
    launchPermissions: [],
    architecture: 'x86_64',
    bootMode: 'uefi-preferred',
    rootDeviceName: '/dev/xvda',
    blockDeviceMappings: [
      { deviceName: '/dev/xvda', ebs: { snapshotId: snapshotId(number), ...ebs } },
    ],
    tags: { Name: imageName(number), Team: `team-${number % 25}`, Commit: digits(number, 40) },
  };
}

export function snapshotRow(number: number, account: string): SnapshotRow {
  return {
    id: snapshotId(number),
    account,
    region,
    createdAt,
    startedAt: createdAt,
    state: 'completed',
    completedAt: createdAt,
    progressPercent: 100,
    volumeSizeGiB: 8,
    description: `Of ${imageName(number)}`,
    volumeId: idOf('vol', number),
    tags: {},
    // No block is behind it: simulated machines read none.
    root: digits(number, 64),
  };
}

const site = {
  regions: [region],
  simulated: true,
  hostId: 'h-0123456789abcdef0',
  zones: 1,
  publicNetwork: '127.99.0.0/16',
  memoryOvercommit: 1,
};
/** What a start of Imago has in its hands. */
export const identity = { site, clock: systemClock, ids: randomIds };

const writtenAtOnce = 10_000;

/** The credential of the account that owns them. */
export async function fillCatalog(home: Home, count = imageCount): Promise<CredentialRow> {
  const catalog = await openSqliteCatalog(home.catalogFile);
  const credential = await ensureFirstAccount(catalog, identity);
  for (let first = 0; first < count; first += writtenAtOnce) {
    await catalog.write(async ({ images, snapshots }) => {
      for (let number = first; number < Math.min(count, first + writtenAtOnce); number++) {
        await images.insert(imageRow(number, credential.account));
        await snapshots.insert(snapshotRow(number, credential.account));
      }
    });
  }
  await catalog.close();
  return credential;
}
