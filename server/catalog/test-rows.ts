/** Rows as small as they may be, for tests of what keeps and pages them. */
import type { KeyPairRow } from './rows/key-pair.ts';
import type { TaskRow } from './rows/task.ts';

export function keyPair(id: string, change: Partial<KeyPairRow> = {}): KeyPairRow {
  return {
    id,
    account: '111111111111',
    region: 'us-east-1',
    createdAt: '2026-11-23T10:00:00.000Z',
    name: id,
    keyType: 'ed25519',
    fingerprint: 'f',
    publicKey: 'ssh-ed25519 AAAA',
    tags: {},
    ...change,
  };
}

export function task(id: string, change: Partial<TaskRow> = {}): TaskRow {
  return {
    id,
    account: '111111111111',
    region: 'us-east-1',
    createdAt: '2026-11-23T10:00:00.000Z',
    kind: 'create-image',
    state: 'running',
    subject: 'ami-1',
    input: {},
    outputs: {},
    attempts: 0,
    ...change,
  };
}
