import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dataPlaneSuite } from '../data-plane-suite.ts';
import { attachment, first } from '../process/test-home.ts';
import { createIdleDataPlane } from './idle-data-plane.ts';

dataPlaneSuite('idle', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'idp-'));
  t.after(() => rm(folder, { recursive: true }));
  const attached = attachment(first, ['ab'.repeat(32)]);
  return { plane: createIdleDataPlane(), folder, attachment: attached };
});
