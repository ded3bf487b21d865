import type { EndSessionRequest } from '../../../api/imago-sessions.ts';
import { removeSession } from '../../domain/sessions.ts';
import type { Operation } from '../operation.ts';

/** One of the caller's account, its own among them. */
export const endSession: Operation<EndSessionRequest, Record<string, never>> = {
  accepts: ['AccessKeyId'],
  async run({ AccessKeyId: id }, { catalog, caller }) {
    await catalog.write((transaction) => removeSession(transaction, caller, id));
    return {};
  },
};
