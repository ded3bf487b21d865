import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOf } from './events.ts';

test('what happened is told newest first, with the thing that it is about', () => {
  const events = eventsOf({
    instance: {
      LaunchTime: '2026-11-25T10:00:00.000Z',
      ImageId: 'ami-1',
      State: { Name: 'stopped' },
      StateTransitionReason: 'User initiated (2026-11-25 12:00:00 GMT)',
      BlockDeviceMappings: [
        {
          DeviceName: '/dev/sda1',
          Ebs: { VolumeId: 'vol-1', AttachTime: '2026-11-25T10:00:01.000Z', Status: 'attached' },
        },
      ],
    },
    replacements: [
      { StartTime: '2026-11-25T11:00:00Z', TaskState: 'succeeded', SnapshotId: 'snap-1' },
    ],
    captures: [{ ImageId: 'ami-2', CreationDate: '2026-11-25T11:30:00.000Z', State: 'available' }],
  });
  assert.deepEqual(
    events.map(({ id, state }) => id ?? state),
    ['stopped', 'ami-2', 'snap-1', 'vol-1', 'ami-1'],
  );
});

test('what the API does not tell is left out', () => {
  const told = { instance: { BlockDeviceMappings: [{ DeviceName: '/dev/sda1' }] } };
  assert.deepEqual(eventsOf({ ...told, replacements: [{}], captures: [] }), []);
});
