/**
 * Remotes: another Imago, or AWS, that backups are copied to and from by the EBS direct APIs; what
 * was sent there and fetched from there; and which snapshot here is which one there.
 */
import { placeAt } from './backup.ts';
import type { OwnedRow } from './row.ts';

/** The id is `remote-…`. */
export interface RemoteRow extends OwnedRow {
  name: string;
  /** Of an Imago; absent: AWS's own of the region. */
  endpoint?: string;
  /** There. */
  farRegion: string;
  accessKeyId: string;
  /** With a session token, if any, sealed under a key that the master key wraps; both base64. */
  secret: { wrappedKey: string; sealed: string };
  /** Who has signed the certificate of the endpoint, as PEM; absent: whom the system trusts. */
  authority?: string;
  /** Of what is sent or fetched; absent: as fast as it goes. */
  bytesPerSecond?: number;
  /** Backups that have one of these tags are sent when they are whole. */
  sends?: { key: string; value: string }[];
}

/** The id is `transfer-…`. */
export interface RemoteTransferRow extends OwnedRow {
  remoteId: string;
  direction: 'push' | 'pull';
  /** An image or a snapshot, where it comes from. */
  sourceId: string;
  /** The same where it has come to, once it is there. */
  madeId?: string;
  state: 'running' | 'completed' | 'failed';
  /** Somebody has asked for its end; while it runs what it has put is taken away. */
  stopped?: true;
  message?: string;
  /** Of one that has not come to its end: what could not be taken away at the other end. */
  left?: string[];
  /** Of the blocks that are to be moved, as plain bytes. */
  doneBytes: number;
  totalBytes: number;
  endedAt?: string;
}

/** A snapshot or image that both have. The id is `remote/…` and its id here. */
export interface RemoteCopyRow extends OwnedRow {
  remoteId: string;
  localId: string;
  farId: string;
  /** Nothing is sent or fetched over it: it is gone there, or nobody has compared the two. */
  notOver?: true;
  /** Of a snapshot: what the next one there may be put over has the same. */
  lineage?: string;
}

export function remoteCopyId(remoteId: string, localId: string): string {
  return `${remoteId}/${localId}`;
}

/** The transfers of one thing to or from one remote. */
export function sourceOfTransfer({ remoteId, direction, sourceId }: RemoteTransferRow): string[] {
  return [`${remoteId}/${direction}/${sourceId}`];
}

export function endedTransfer({ endedAt, createdAt }: RemoteTransferRow): string[] {
  return endedAt === undefined ? [] : [createdAt];
}

/** In place of a remote, for those of all. */
export const allTransfers = 'all';

/** The newest first: among all of its owner, and of its remote. */
export function transferPlaces(row: RemoteTransferRow): string[] {
  const begun = new Date(row.createdAt);
  return [allTransfers, row.remoteId].map((id) => placeAt(row, id, begun));
}

/** Above all times that there are, in milliseconds. */
const lastMs = 9_999_999_999_999;

/** Of each lineage the newest first. */
export function lineageOfCopy({ remoteId, lineage, createdAt, notOver }: RemoteCopyRow): string[] {
  if (lineage === undefined || notOver) return [];
  const newest = String(lastMs - Date.parse(createdAt)).padStart(13, '0');
  return [`${remoteId}/${lineage}/${newest}`];
}

export function farIdOfCopy({ remoteId, farId, notOver }: RemoteCopyRow): string[] {
  if (notOver) return [];
  return [`${remoteId}/${farId}`];
}

export function sendingRemote({ id, sends }: RemoteRow): string[] {
  return sends ? [id] : [];
}
