import type {
  GetSessionTokenRequest,
  GetSessionTokenResult,
} from '../../../api/generated/sts-types.ts';
import { beginSession, checkHasKey } from '../../domain/sessions.ts';
import type { Operation } from '../operation.ts';
import { parseSessionSeconds } from '../requests/session-seconds.ts';
import { sessionCredentialsShape } from '../shapes/sessions.ts';

/** There are no users with devices of their own, so none is asked for a code. */
export const getSessionToken: Operation<GetSessionTokenRequest, GetSessionTokenResult> = {
  accepts: ['DurationSeconds'],
  async run({ DurationSeconds }, { catalog, caller, clock }) {
    checkHasKey(caller, 'GetSessionToken');
    const seconds = parseSessionSeconds(DurationSeconds);
    const row = await catalog.write((transaction) =>
      beginSession(transaction, caller, { clock, seconds }),
    );
    return { Credentials: sessionCredentialsShape(row) };
  },
};
