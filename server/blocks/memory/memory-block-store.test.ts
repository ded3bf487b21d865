import { testBlockStore } from '../block-store-suite.ts';
import { testCollection } from '../collection-suite.ts';
import { MemoryBlockStore } from './memory-block-store.ts';

testBlockStore('MemoryBlockStore', async () => new MemoryBlockStore());
testCollection('MemoryBlockStore', async () => new MemoryBlockStore());
