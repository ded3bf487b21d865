import { catalogSuite } from '../catalog-suite.ts';
import { createMemoryCatalog } from './memory-catalog.ts';

catalogSuite('memory', async () => createMemoryCatalog());
