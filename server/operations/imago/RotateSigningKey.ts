import type { SigningKeysRequest, SigningKeysResult } from '../../../api/imago-provenance.ts';
import { rotateSigningKey as rotate, signingKeysOf } from '../../domain/provenance/signing-keys.ts';
import type { Operation } from '../operation.ts';
import { signingKeyShape } from '../shapes/provenance.ts';

export const rotateSigningKey: Operation<SigningKeysRequest, SigningKeysResult> = {
  accepts: [],
  async run(_input, { catalog, caller, clock, masterKey }) {
    const rows = await catalog.write(async (transaction) => {
      await rotate(transaction, caller.account, { masterKey, now: clock.now() });
      return signingKeysOf(transaction, caller.account);
    });
    return { Keys: rows.map(signingKeyShape) };
  },
};
