/** Sessions as Imago's own service and STS show them. */
import type { Session, SessionCredentials } from '../../../api/imago-sessions.ts';
import type { SessionRow } from '../../catalog/rows/account.ts';

export function sessionShape(row: SessionRow): Session {
  return {
    AccessKeyId: row.id,
    ParentAccessKeyId: row.parent,
    CreateDate: new Date(row.createdAt),
    Expiration: new Date(row.expiresAt),
  };
}

/** Told once, when it begins. */
export function sessionCredentialsShape(row: SessionRow): SessionCredentials {
  return {
    AccessKeyId: row.id,
    SecretAccessKey: row.secretAccessKey,
    SessionToken: row.sessionToken,
    Expiration: new Date(row.expiresAt),
  };
}
