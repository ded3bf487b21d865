import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { oneBlockStore } from '../../blocks/block-stores.ts';
import { MemoryBlockStore } from '../../blocks/memory/memory-block-store.ts';
import { Home } from '../../foundations/home.ts';
import { silentLog } from '../../foundations/log.ts';
import { hostSuite } from '../host-suite.ts';
import { createSimulatedHost } from './simulated-host.ts';

hostSuite('simulated', async (t) => {
  const home = new Home(await mkdtemp(path.join(tmpdir(), 'imago-host-')));
  t.after(() => rm(home.folder, { recursive: true }));
  await mkdir(home.instancesFolder);
  const blocks = oneBlockStore(new MemoryBlockStore());
  return async () => createSimulatedHost({ home, blocks, log: silentLog });
});
