import type { Duplex } from 'node:stream';
import { ChangeStream } from '../change-stream.ts';
import type { Operation } from '../operation.ts';

/** Of what the caller sees in its region, from now on. */
export const watchChanges: Operation<Record<string, never>, Duplex> = {
  accepts: [],
  connects: true,
  async run(_input, { changes, caller }) {
    return new ChangeStream(changes, caller);
  },
};
