/** kms in the calls of the official client: its protocol, blobs, times, errors, DryRun and pages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  KMSClient,
  NotFoundException,
  paginateListKeys,
  paginateListResourceTags,
  SignCommand,
} from '@aws-sdk/client-kms';
import { keyOf, startTestApi } from '../../http/test-api.ts';
import { createTestContext } from '../test-context.ts';

test('the official client makes keys, encrypts, decrypts, pages and is told why not', async () => {
  await using context = await createTestContext();
  await using api = await startTestApi(context);
  const endpoint = `http://127.0.0.1:${api.port}`;
  const credentials = await keyOf(context, context.caller);
  const client = new KMSClient({ endpoint, credentials, region: 'us-east-1', maxAttempts: 1 });
  try {
    const Tags = Array.from({ length: 50 }, (_, index) => ({ TagKey: `k${index}`, TagValue: 'v' }));
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Tags, MultiRegion: false }));
    const KeyId = KeyMetadata?.KeyId;
    assert.deepEqual(KeyMetadata?.CreationDate, context.now);
    await client.send(new CreateAliasCommand({ AliasName: 'alias/a', TargetKeyId: KeyId }));
    const Plaintext = Buffer.from([0, 255, 10]);
    const EncryptionContext = { a: 'b' };
    const { CiphertextBlob } = await client.send(
      new EncryptCommand({ KeyId: 'alias/a', Plaintext, EncryptionContext }),
    );
    const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    assert.deepEqual(Buffer.from(opened.Plaintext ?? []), Plaintext);
    const dry = new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', DryRun: true });
    await assert.rejects(client.send(dry), { name: 'DryRunOperationException' });
    const missing = new DescribeKeyCommand({ KeyId: 'alias/none' });
    await assert.rejects(client.send(missing), NotFoundException);
    const sign = new SignCommand({ KeyId, Message: Plaintext, SigningAlgorithm: 'ECDSA_SHA_256' });
    await assert.rejects(client.send(sign), { name: 'UnsupportedOperationException' });
    const policy = new CreateKeyCommand({ Policy: '{}' });
    await assert.rejects(client.send(policy), { name: 'UnsupportedOperationException' });
    const nameless = new DescribeKeyCommand({ KeyId: undefined });
    await assert.rejects(client.send(nameless), { name: 'ValidationException' });
    for (let made = 0; made < 4; made++) await client.send(new CreateKeyCommand({}));
    const pages: (number | undefined)[] = [];
    for await (const { Keys } of paginateListKeys({ client, pageSize: 2 }, {})) {
      pages.push(Keys?.length);
    }
    assert.deepEqual(pages, [2, 2, 1]);
    const tags: unknown[] = [];
    for await (const page of paginateListResourceTags({ client, pageSize: 20 }, { KeyId })) {
      tags.push(...(page.Tags ?? []));
    }
    assert.equal(new Set(tags.map((tag) => JSON.stringify(tag))).size, 50);
  } finally {
    client.destroy();
  }
});
