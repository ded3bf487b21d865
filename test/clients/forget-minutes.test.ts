/** Minutes of forgetting by a clock that is set; by the real one they are forget-minutes.soak.ts's. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { endpointFile, keepKey } from '../../cli/credentials.ts';
import { ClockedImago } from '../support/clocked-imago.ts';
import { tellForgetting } from './forget-minutes.ts';

test('a policy that forgets removes at its times what it was foretold to, and nothing else', async () => {
  await using clocked = await ClockedImago.start();
  const { home } = clocked.imago;
  mkdirSync(home.runFolder, { recursive: true });
  writeFileSync(endpointFile(home), `${clocked.endpoint}\nus-east-1\n`);
  keepKey(home.credentialsFile, clocked.credentials, 'us-east-1');
  const { id: imageId } = await clocked.imago.image();
  await tellForgetting({ imago: clocked, imageId, pass: () => clocked.passRound() });
});
