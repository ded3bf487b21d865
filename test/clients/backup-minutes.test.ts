/**
 * A minute of backups by the real clock, by aws-cli and boto3 side by side, on simulated machines.
 * The file mostly waits for the minute; more of them are backup-minutes.soak.ts's.
 */
import { test } from 'node:test';
import { tellMinutesOfBoth } from './backup-minutes.ts';

test('within a minute there are backups by policy and by plan; they are copied, restored and drilled', () =>
  tellMinutesOfBoth({ generations: 1 }));
