import type { SessionCredentialsResult } from '../../../api/imago-sessions.ts';
import { beginSession, checkHasKey, signInSeconds } from '../../domain/sessions.ts';
import type { Operation } from '../operation.ts';
import { sessionCredentialsShape } from '../shapes/sessions.ts';

/** What a link to the console carries: good for a minute, and for SignIn alone. */
export const createSignIn: Operation<Record<string, never>, SessionCredentialsResult> = {
  accepts: [],
  async run(_input, { catalog, caller, clock }) {
    checkHasKey(caller, 'CreateSignIn');
    const row = await catalog.write((transaction) =>
      beginSession(transaction, caller, { clock, seconds: signInSeconds, signIn: true }),
    );
    return { Credentials: sessionCredentialsShape(row) };
  },
};
