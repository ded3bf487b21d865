/**
 * IMDSv2 session tokens without a table: expiry and HMAC over instance id and expiry, so that they
 * survive a restart of the data plane and are worth nothing to another instance. They cannot be
 * revoked; neither can EC2's.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const expiryBytes = 8;
const macBytes = 32;

export function issueToken(secret: Buffer, instanceId: string, expiresAtMs: number): string {
  const expiry = Buffer.alloc(expiryBytes);
  expiry.writeBigUInt64BE(BigInt(expiresAtMs));
  return Buffer.concat([expiry, mac(secret, instanceId, expiry)]).toString('base64');
}

export function isValidToken(
  secret: Buffer,
  instanceId: string,
  token: string,
  nowMs: number,
): boolean {
  const bytes = Buffer.from(token, 'base64');
  if (bytes.length !== expiryBytes + macBytes) return false;
  const expiry = bytes.subarray(0, expiryBytes);
  const expected = mac(secret, instanceId, expiry);
  return (
    timingSafeEqual(bytes.subarray(expiryBytes), expected) &&
    expiry.readBigUInt64BE() > BigInt(nowMs)
  );
}

function mac(secret: Buffer, instanceId: string, expiry: Buffer): Buffer {
  return createHmac('sha256', secret).update(instanceId).update('\0').update(expiry).digest();
}
