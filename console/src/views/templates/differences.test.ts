import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from './differences.ts';

test('members that differ are told by their path, and those that one version lacks', () => {
  const disk = (VolumeSize: number) => [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize } }];
  const before = { ImageId: 'ami-1', InstanceType: 't3.micro', BlockDeviceMappings: disk(8) };
  const after = { ImageId: 'ami-1', KeyName: 'k', BlockDeviceMappings: disk(9) };
  assert.deepEqual(differences(before, after), [
    { path: 'BlockDeviceMappings[0].Ebs.VolumeSize', before: '8', after: '9' },
    { path: 'InstanceType', before: 't3.micro', after: undefined },
    { path: 'KeyName', before: undefined, after: 'k' },
  ]);
  assert.deepEqual(differences(before, before), []);
});
