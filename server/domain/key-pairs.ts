/**
 * Key pairs: named public keys. The private key of a created pair is given out once and never kept.
 * It knows no encodings of keys: those are ssh-keys.ts.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { KeyPairRow } from '../catalog/rows/key-pair.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { FilterTable } from './filters.ts';
import type { Clock, Ids } from './identity.ts';
import { requiredRows } from './resource-ids.ts';
import type { SshKeyType } from './ssh-keys.ts';
import type { Viewer } from './viewer.ts';

const nameMaxChars = 255;

export interface NewKeyPair {
  name: string;
  keyType: SshKeyType;
  fingerprint: string;
  publicKey: string;
  tags: Tags;
}

export const keyPairFilters: FilterTable<KeyPairRow> = {
  values: {
    'key-pair-id': (row) => row.id,
    'key-name': (row) => row.name,
    fingerprint: (row) => row.fingerprint,
  },
  tags: (row) => row.tags,
};

export function checkKeyName(name: string): void {
  if (/^[\x20-\x7e]+$/.test(name) && name === name.trim() && name.length <= nameMaxChars) return;
  throw new ServiceError(
    'InvalidParameterValue',
    `A KeyName has 1 to ${nameMaxChars} ASCII characters and no spaces at its ends.`,
  );
}

export async function addKeyPair(
  { keyPairs }: CatalogTransaction,
  { account, region }: Viewer,
  pair: NewKeyPair,
  { clock, ids }: { clock: Clock; ids: Ids },
): Promise<KeyPairRow> {
  const { name } = pair;
  if ((await keyPairs.count({ where: { account, region, name } })) > 0) {
    throw new ServiceError('InvalidKeyPair.Duplicate', `The keypair '${name}' already exists.`);
  }
  const row: KeyPairRow = {
    id: ids.resource('key'),
    account,
    region,
    createdAt: clock.now().toISOString(),
    ...pair,
    publicKey: `${pair.publicKey} ${name}`,
  };
  await keyPairs.insert(row);
  return row;
}

const pairsById = requiredRows('keyPair');

/** The pairs of these ids, then of these names; what does not exist is refused. */
export async function requiredKeyPairs(
  reader: CatalogReader,
  viewer: Viewer,
  { ids = [], names = [] }: { ids?: readonly string[]; names?: readonly string[] },
): Promise<KeyPairRow[]> {
  const byId = await pairsById(reader, viewer, ids);
  const { account, region } = viewer;
  const named = await reader.keyPairs.list({ where: { account, region, name: names } });
  const missing = names.find((name) => !named.some((row) => row.name === name));
  if (missing !== undefined) {
    throw new ServiceError('InvalidKeyPair.NotFound', `The key pair '${missing}' does not exist`);
  }
  return [...new Map([...byId, ...named].map((row) => [row.id, row])).values()];
}
