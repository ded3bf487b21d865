import { test } from 'node:test';
import { compareWithModel } from './test-model.ts';

test('whatever is done in whatever order, a snapshot holds what was written when it was ordered', () =>
  compareWithModel(200, 40));
