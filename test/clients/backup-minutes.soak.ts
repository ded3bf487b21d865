/** Four minutes of backups by the real clock: more than a policy keeps, so that the first ones go. */
import { test } from 'node:test';
import { tellMinutesOfBoth } from './backup-minutes.ts';

test('each minute has its backups, and the oldest of them go', () =>
  tellMinutesOfBoth({ generations: 4 }));
