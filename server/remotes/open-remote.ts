/** A remote of a row, to speak with. */
import type { RemoteRow } from '../catalog/rows/remote.ts';
import { secretOf } from '../domain/backups/remotes.ts';
import type { MasterKey } from '../domain/master-key.ts';
import { Bandwidth } from '../foundations/bandwidth.ts';
import { EbsDirect } from './ebs-direct.ts';
import { Ec2Query } from './ec2-query.ts';
import { FarClient, type FarClientOptions } from './far-client.ts';
import { FarRecords } from './far-records.ts';

export interface OpenRemote extends Disposable {
  ebs: EbsDirect;
  ec2: Ec2Query;
  /** Of an Imago; AWS has nothing like it. */
  records?: FarRecords;
}

export function openRemote(
  row: RemoteRow,
  masterKey: MasterKey,
  options: Omit<FarClientOptions, 'bandwidth'>,
): OpenRemote {
  const { endpoint, farRegion: region, accessKeyId, authority, bytesPerSecond } = row;
  const place = { endpoint, region, accessKeyId, ...secretOf(row, masterKey), authority };
  const isImago = endpoint !== undefined;
  const client = new FarClient(place, { ...options, bandwidth: new Bandwidth(bytesPerSecond) });
  return {
    ebs: new EbsDirect(client, { asksForZstd: isImago }),
    ec2: new Ec2Query(client),
    ...(isImago && { records: new FarRecords(client) }),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}
