import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { insertRunningInstance } from '../../test-instances.ts';
import { getPasswordData } from './GetPasswordData.ts';

let context: TestContext;
let id: string;
beforeEach(async () => {
  context = await createTestContext();
  ({ id } = await insertRunningInstance(context, await insertProviderImage(context)));
});
afterEach(() => context[Symbol.asyncDispose]());

/** What the guest writes to its serial console. */
function write(text: string): void {
  const folder = context.home.machineFolder(id);
  mkdirSync(folder, { recursive: true });
  appendFileSync(path.join(folder, 'console.log'), text);
}

async function password(): Promise<string | undefined> {
  return (await getPasswordData.run({ InstanceId: id }, context)).PasswordData;
}

test('the password is empty until it is there, and the last that is there', async () => {
  assert.equal(await password(), '');
  write('Windows is ready to use\r\n');
  assert.equal(await password(), '');
  const [first, second] = [Buffer.alloc(256, 1), Buffer.alloc(256, 2)];
  const wrapped = first.toString('base64').replaceAll(/.{64}/g, '$&\r\n');
  write(`<Username>QQ==</Username>\r\n<Password>\r\n${wrapped}\r\n</Password>\r\n`);
  assert.equal(await password(), first.toString('base64'));
  write(`<Password>${second.toString('base64')}</Password>`);
  assert.equal(await password(), second.toString('base64'));
});

test('what is no ciphertext is no password', async () => {
  const much = Buffer.alloc(2048).toString('base64');
  for (const text of ['', '  ', 'not-base64!', 'QQ=', `${much}`, '<b>QQ==</b>']) {
    write(`<Password>${text}</Password>\r\n`);
    assert.equal(await password(), '', text);
  }
});
