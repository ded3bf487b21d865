import type { SigningKeysRequest, SigningKeysResult } from '../../../api/imago-provenance.ts';
import { signingKeysOf } from '../../domain/provenance/signing-keys.ts';
import type { Operation } from '../operation.ts';
import { signingKeyShape } from '../shapes/provenance.ts';

export const describeSigningKeys: Operation<SigningKeysRequest, SigningKeysResult> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    const rows = await catalog.read((reader) => signingKeysOf(reader, caller.account));
    return { Keys: rows.map(signingKeyShape) };
  },
};
