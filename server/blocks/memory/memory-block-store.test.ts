import { testBlockStore } from '../block-store-suite.ts';
import { MemoryBlockStore } from './memory-block-store.ts';

testBlockStore('MemoryBlockStore', async () => new MemoryBlockStore());
