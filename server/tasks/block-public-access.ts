/**
 * EnableSnapshotBlockPublicAccess and its counterpart, of an account that has many public
 * snapshots: the request has set what is to be, and changed the first; here the others follow, a
 * few in each transaction. What is set meanwhile counts, so two of these tasks may run at once.
 */
import { type BlockPublicAccessInput, followSettings } from '../domain/snapshot-permissions.ts';
import { defineTask } from './task.ts';

interface Outputs {
  follow: null;
}

export const blockPublicAccess = defineTask<BlockPublicAccessInput, Outputs>({
  kind: 'block-public-access',
  steps: [
    {
      name: 'follow',
      async run({ input: { after: from, ...owner }, services: { catalog }, signal }) {
        for (let after: string | undefined = from; after !== undefined; ) {
          signal.throwIfAborted();
          const last: string = after;
          after = await catalog.write((transaction) => followSettings(transaction, owner, last));
        }
        return null;
      },
    },
  ],
  // The settings stay as they were asked for, and to ask for them again does the rest.
  async failed() {},
});
