/** Signed requests of EC2's, as bytes: clients that cost next to nothing. */
import { SignatureV4 } from '@smithy/signature-v4';
import type { CredentialRow } from '../server/catalog/rows/account.ts';
import { Sha256 } from '../server/foundations/sha256.ts';

const formType = 'application/x-www-form-urlencoded';

export type Parameters = Record<string, string>;

export function signer(credential: CredentialRow, region: string, { port }: { port: number }) {
  const signature = new SignatureV4({
    region,
    service: 'ec2',
    sha256: Sha256,
    credentials: { accessKeyId: credential.id, secretAccessKey: credential.secretAccessKey },
  });
  return async (action: string, parameters: Parameters) => {
    const form = { Action: action, Version: '2016-11-15', ...parameters };
    const body = Buffer.from(String(new URLSearchParams(form)));
    const { headers } = await signature.sign({
      method: 'POST',
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: '/',
      query: {},
      body,
      headers: { host: `127.0.0.1:${port}`, 'content-type': formType },
    });
    return { body, headers };
  };
}
