/** What MakeImage takes into its order, and what it refuses. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { MakeImageRequest } from '../../../api/imago-provider.ts';
import type { BuildImageInput } from '../../domain/provider-images.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { makeImage } from './MakeImage.ts';

let context: TestContext;
let customer: OperationContext;
beforeEach(async () => {
  context = await createTestContext();
  customer = await context.asNewAccount();
});
afterEach(() => context[Symbol.asyncDispose]());

const order = { Parent: 'debian-12', Name: 'web-1.0.0' };
const make = (input: Partial<MakeImageRequest>) => makeImage.run({ ...order, ...input }, customer);
const Content = Buffer.from('made');

test('an order is of its account and region, with all that is to be added', async () => {
  const lock = JSON.stringify({ format: 'imago-lock/1', packages: [{ name: 'a', sha256: 'b' }] });
  const { TaskId } = await make({
    Description: 'a web server',
    Packages: ['nginx', 'libstdc++6'],
    Files: [
      { Path: '/srv/a', Content },
      { Path: '/srv/b', Content, Mode: '4750', Owner: '0:33' },
    ],
    Recipe: 'name: web',
    Lock: lock,
  });
  const task = await context.catalog.read(({ tasks }) => tasks.get(TaskId));
  const { account, region } = customer.caller;
  assert.deepEqual([task?.kind, task?.account, task?.region], ['build-image', account, region]);
  const content = Content.toString('base64');
  assert.deepEqual(task?.input as BuildImageInput, {
    name: 'debian-12',
    regions: [region],
    made: {
      account,
      imageName: 'web-1.0.0',
      description: 'a web server',
      packages: ['nginx', 'libstdc++6'],
      files: [
        { path: '/srv/a', content, mode: 0o644, owner: 'root:root' },
        { path: '/srv/b', content, mode: 0o4750, owner: '0:33' },
      ],
      lock,
      recipe: 'name: web',
    },
  });
});

test('what cannot be added is refused before anything is built', async () => {
  const file = (change: object) => ({ Files: [{ Path: '/a', Content, ...change }] });
  const refused: Record<string, Partial<MakeImageRequest>> = {
    'another parent': { Parent: 'ubuntu' },
    'an option in place of a package': { Packages: ['--variant=custom'] },
    'a list in place of a package': { Packages: ['nginx,apache2'] },
    'a relative path': file({ Path: 'a' }),
    'a path upwards': file({ Path: '/etc/../../a' }),
    'a folder': file({ Path: '/etc/' }),
    'a file twice': {
      Files: [
        { Path: '/a', Content },
        { Path: '/a', Content },
      ],
    },
    'a mode': file({ Mode: '0888' }),
    'an owner': file({ Owner: 'root' }),
    'a long file': file({ Content: Buffer.alloc(4 * 1024 ** 2 + 1) }),
    'a lock that is none': { Lock: '{}' },
    'a lock that is no JSON': { Lock: 'lock' },
    'a long lock': { Lock: ' '.repeat(600_000) },
    'a long recipe': { Recipe: ' '.repeat(300_000) },
  };
  for (const [what, input] of Object.entries(refused)) {
    await assert.rejects(make(input), { code: 'InvalidParameterValue' }, what);
  }
  await insertImage(customer, { name: 'taken' });
  await assert.rejects(make({ Name: 'taken' }), { code: 'InvalidAMIName.Duplicate' });
  await assert.rejects(make({ Name: '!' }), { code: 'InvalidAMIName.Malformed' });
});
