import type { Duplex } from 'node:stream';
import { LogStream } from '../log-stream.ts';
import type { Operation } from '../operation.ts';

/** The log of this Imago: what is newest of it, and what comes. */
export const tailLog: Operation<Record<string, never>, Duplex> = {
  accepts: [],
  audience: 'operator',
  connects: true,
  async run(_input, { recentLog }) {
    return new LogStream(recentLog);
  },
};
