/** A retention rule of the recycle bin: no official client of rbin is here. */
import assert from 'node:assert/strict';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../../server/foundations/sha256.ts';
import type { Credentials, ImagoProcess } from './imago.ts';

/** All of the account's of the type are kept for a day. */
export async function keepDeleted(
  { endpoint }: ImagoProcess,
  credentials: Credentials,
  ResourceType: 'EC2_IMAGE' | 'EBS_SNAPSHOT',
): Promise<void> {
  const url = new URL('/rules', endpoint);
  const signer = new SignatureV4({
    service: 'rbin',
    region: 'us-east-1',
    credentials,
    sha256: Sha256,
  });
  const RetentionPeriod = { RetentionPeriodValue: 1, RetentionPeriodUnit: 'DAYS' };
  const body = JSON.stringify({ ResourceType, RetentionPeriod });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    headers: { host: url.host, 'content-type': 'application/json' },
    body,
  });
  const { ok, status } = await fetch(url, { method: 'POST', headers, body });
  assert.ok(ok, `a rule is answered ${status}`);
}
