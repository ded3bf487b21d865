/** That what narrows a list of images, alone and together, leaves out nothing and adds nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { OperationContext } from '../../operation.ts';
import { createTestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage } from '../../test-images.ts';
import { describeImages } from './DescribeImages.ts';

const stranger = '444444444444';
const unit = 'arn:aws:organizations::111122223333:ou/o-abcdefghij/ou-ab12-11111111';

async function fill(me: OperationContext, other: OperationContext): Promise<void> {
  const { account } = me.caller;
  for (const [context, permissions] of [
    [me, [[], ['all'], [stranger], ['all', stranger], [account]]],
    [other, [[], ['all'], [account], [unit], ['all', account, unit], [stranger]]],
  ] as const) {
    for (const [index, launchPermissions] of permissions.entries()) {
      for (const state of ['available', 'failed'] as const) {
        const name = `web ${state} ${index}`;
        const change: Partial<ImageRow> = { name, state, tags: { Name: `web-${index}` } };
        await insertImage(context, { ...change, launchPermissions: [...launchPermissions] });
      }
    }
  }
  await insertImage(other, { name: 'api', launchPermissions: ['all'] });
  await insertProviderImage(me);
}

test('lists are narrowed by owners, users and filters alike, in any combination', async () => {
  await using context = await createTestContext();
  const organizationPath = 'o-abcdefghij/r-1a2b/ou-ab12-11111111';
  const me = await context.asNewAccount({ organizationPath });
  const other = await context.asNewAccount();
  await fill(me, other);
  const shown = async (input: object) =>
    ((await describeImages.run(input, me)).Images ?? []).map(({ ImageId }) => ImageId as string);
  const by = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });
  const { account } = other.caller;
  const owners = [{}, ...[['self'], [account], ['self', 'amazon', account]].map(asOwners)];
  const users = [{}, ...[['self'], ['all'], [stranger], ['self', stranger]].map(asUsers)];
  const filters = [
    {},
    by('name', 'web available 1'),
    by('name', 'web available 2', 'web failed 1', 'api'),
    by('name', 'web*1', '*i*'),
    by('name', 'no such*'),
    by('state', 'failed'),
    by('state', 'failed', 'available'),
    by('is-public', 'true'),
    by('is-public', 'false'),
    by('owner-id', account),
    by('owner-alias', 'amazon'),
    by('tag:Name', 'web-1'),
    by('tag:Name', '*2'),
  ];
  const all = await shown({});
  assert.equal(all.length, 20, 'own, shared and public ones, each once');
  for (const owner of owners) {
    for (const user of users) {
      for (const filter of filters) {
        const alone = await Promise.all([owner, user, filter].map(shown));
        const expected = all.filter((id) => alone.every((ids) => ids.includes(id)));
        const together = { ...owner, ...user, ...filter };
        assert.deepEqual(await shown(together), expected, JSON.stringify(together));
      }
    }
  }
});

const asOwners = (Owners: string[]) => ({ Owners });
const asUsers = (ExecutableUsers: string[]) => ({ ExecutableUsers });
