/**
 * Keys of kms with their names: kms lists ids, and tells of each by itself. And what they encrypt,
 * which is looked for among all that is encrypted: kms does not know it.
 */
import { useInfiniteQuery, useQuery } from '@tanstack/preact-query';
import type { ApiClient } from './client.ts';
import { useOptions } from './queries.ts';
import { useSession } from './session.tsx';
import type { Output } from './wire.ts';

export interface Key extends NonNullable<Output<'kms', 'DescribeKey'>['KeyMetadata']> {
  aliases: string[];
}

const keysAtOnce = 20;
/** Of the service's own keys, which nobody changes. */
export const isService = ({ KeyManager }: Key) => KeyManager === 'AWS';

/** As a person calls it. */
export const titleOf = ({ aliases, Description, KeyId }: Key) =>
  aliases[0] ?? (Description || KeyId);

export async function keyOf(client: ApiClient, KeyId: string, signal?: AbortSignal): Promise<Key> {
  const [{ KeyMetadata }, { Aliases = [] }] = await Promise.all([
    client.call('kms', 'DescribeKey', { KeyId }, signal),
    client.call('kms', 'ListAliases', { KeyId }, signal),
  ]);
  const aliases = Aliases.flatMap(({ AliasName = [] }) => AliasName);
  return { ...(KeyMetadata ?? { KeyId }), aliases };
}

async function pageOfKeys(client: ApiClient, Marker: string | undefined, signal: AbortSignal) {
  const page = await client.call('kms', 'ListKeys', { Limit: keysAtOnce, Marker }, signal);
  const ids = page.Keys?.flatMap(({ KeyId = [] }) => KeyId) ?? [];
  const keys = await Promise.all(ids.map((id) => keyOf(client, id, signal)));
  return { keys, NextMarker: page.NextMarker };
}

const tables = ['kmsKeys', 'kmsAliases'] as const;

/** In a region; page after page. */
export function useKeys(region?: string) {
  const { client, scope } = useSession();
  const there = region === undefined ? client : client.in(region);
  return useInfiniteQuery({
    queryKey: [scope, 'keys', there.region],
    queryFn: ({ pageParam, signal }) => pageOfKeys(there, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ NextMarker }) => NextMarker,
    ...useOptions({ tables }),
  });
}

export function useKey(id: string) {
  const { client, scope } = useSession();
  return useQuery({
    queryKey: [scope, 'key', id],
    queryFn: ({ signal }) => keyOf(client, id, signal),
    ...useOptions({ tables }),
  });
}

const rowsAtOnce = 1000;
/** As much as is looked through before one says that there may be more. */
const pagesMax = 10;

export interface Encrypted {
  volumes: { id: string; instanceId: string | undefined }[];
  snapshots: string[];
  images: { id: string; name: string }[];
  isCut: boolean;
}

/** What of this account nobody can read without the key. */
export function useEncrypted(id: string) {
  const { client, scope } = useSession();
  return useQuery({
    queryKey: [scope, 'encrypted', id],
    queryFn: ({ signal }) => encryptedBy(client, id, signal),
    ...useOptions({ tables: ['volumes', 'snapshots', 'images', 'instances'] }),
  });
}

async function encryptedBy(client: ApiClient, id: string, signal: AbortSignal): Promise<Encrypted> {
  let isCut = false;
  const all = async <Row>(
    page: (part: { MaxResults: number; NextToken?: string }) => Promise<Paged<Row>>,
  ): Promise<Row[]> => {
    const rows: Row[] = [];
    let NextToken: string | undefined;
    for (let count = 0; count === 0 || NextToken; count++) {
      if (count === pagesMax) {
        isCut = true;
        break;
      }
      const found = await page({ MaxResults: rowsAtOnce, NextToken });
      rows.push(...(found.rows ?? []));
      NextToken = found.NextToken;
    }
    return rows;
  };
  const own = { OwnerIds: ['self'], Filters: whereEncrypted('encrypted') };
  const images = { Owners: ['self'], Filters: whereEncrypted('block-device-mapping.encrypted') };
  const withOff = { ...images, IncludeDeprecated: true, IncludeDisabled: true };
  const [volumes, snapshots, imagesFound] = await Promise.all([
    all(async (part) => {
      const input = { Filters: whereEncrypted('encrypted'), ...part };
      const { Volumes, NextToken } = await client.call('ec2', 'DescribeVolumes', input, signal);
      return { rows: Volumes, NextToken };
    }),
    all(async (part) => {
      const input = { ...own, ...part };
      const { Snapshots, NextToken } = await client.call('ec2', 'DescribeSnapshots', input, signal);
      return { rows: Snapshots, NextToken };
    }),
    all(async (part) => {
      const input = { ...withOff, ...part };
      const { Images, NextToken } = await client.call('ec2', 'DescribeImages', input, signal);
      return { rows: Images, NextToken };
    }),
  ]);
  const isOfKey = ({ KeyId = '' }: { KeyId?: string }) => KeyId === id || KeyId.endsWith(`/${id}`);
  const ofKey = snapshots
    .filter(({ KmsKeyId: KeyId }) => isOfKey({ KeyId }))
    .map(({ SnapshotId = '' }) => SnapshotId);
  const named = new Set(ofKey);
  return {
    volumes: volumes
      .filter(({ KmsKeyId: KeyId }) => isOfKey({ KeyId }))
      .map(({ VolumeId = '', Attachments: [attachment] = [] }) => ({
        id: VolumeId,
        instanceId: attachment?.InstanceId,
      })),
    snapshots: ofKey,
    images: imagesFound
      .filter(({ BlockDeviceMappings = [] }) =>
        BlockDeviceMappings.some(({ Ebs }) => named.has(Ebs?.SnapshotId ?? '')),
      )
      .map(({ ImageId = '', Name = '' }) => ({ id: ImageId, name: Name })),
    isCut,
  };
}

interface Paged<Row> {
  rows: readonly Row[] | undefined;
  NextToken: string | undefined;
}

const whereEncrypted = (Name: string) => [{ Name, Values: ['true'] }];
