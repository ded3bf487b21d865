import type { SessionCredentialsResult, SignInRequest } from '../../../api/imago-sessions.ts';
import { exchangeSignIn } from '../../domain/sessions.ts';
import type { Operation } from '../operation.ts';
import { parseSessionSeconds } from '../requests/session-seconds.ts';
import { sessionCredentialsShape } from '../shapes/sessions.ts';

/** Signed with what a link carries, which is good for nothing afterwards. */
export const signIn: Operation<SignInRequest, SessionCredentialsResult> = {
  accepts: ['DurationSeconds'],
  audience: 'sign-in',
  async run({ DurationSeconds }, { catalog, caller, clock }) {
    const seconds = parseSessionSeconds(DurationSeconds);
    const row = await catalog.write((transaction) =>
      exchangeSignIn(transaction, caller, { clock, seconds }),
    );
    return { Credentials: sessionCredentialsShape(row) };
  },
};
