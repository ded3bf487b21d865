import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRoute } from '../../route.ts';
import { commandOf, machineRequest, queryOf, volumeRequest, wantedOf } from './request.ts';

const wanted = (query: string) => wantedOf(parseRoute(`#/backups/restore?${query}`));

test('a backup is named by its id, or by its source and a moment', () => {
  assert.deepEqual(machineRequest(wanted('backup=ami-1&source=i-1&type=t3.small')), {
    BackupId: 'ami-1',
    InstanceId: undefined,
    InstanceType: 't3.small',
  });
  assert.deepEqual(machineRequest(wanted('what=place&source=i-1&at=2026-11-20T03:00Z')), {
    InstanceId: 'i-1',
    At: '2026-11-20T03:00:00.000Z',
    InPlace: true,
  });
  assert.equal(wanted('at=<b>').at, undefined);
});

test('a new machine may have other things than it had', () => {
  const said = wanted(
    'backup=ami-1&name=re%20hearsal&key=mine&subnet=subnet-1&group=sg-1,%20sg-2&address=172.31.7.8&without=/dev/sdf',
  );
  assert.deepEqual(machineRequest(said), {
    ...{ BackupId: 'ami-1', InstanceId: undefined, InstanceType: undefined },
    ...{ Name: 're hearsal', KeyName: 'mine', SubnetId: 'subnet-1' },
    ...{ SecurityGroupIds: ['sg-1', 'sg-2'], PrivateIpAddress: '172.31.7.8' },
    ExcludeDeviceNames: ['/dev/sdf'],
  });
  assert.equal(
    commandOf(said),
    "bin/imago backups restore ami-1 --name 're hearsal' --key mine --subnet subnet-1 --group sg-1 sg-2 --address 172.31.7.8 --without /dev/sdf",
  );
  const told = { ...wanted('backup=ami-1'), userData: '#!/bin/sh\ndate\n' };
  const { UserData = '' } = machineRequest(told);
  assert.equal(Buffer.from(UserData, 'base64').toString(), told.userData);
  assert.equal(
    commandOf(told),
    "cat > user-data << 'END'\n#!/bin/sh\ndate\nEND\nbin/imago backups restore ami-1 --user-data user-data",
  );
  assert.deepEqual(queryOf(told), queryOf(wanted('backup=ami-1')), 'it is in no address');
  assert.equal(machineRequest({ ...told, userData: '' }).UserData, '', 'none');
  assert.deepEqual(machineRequest({ ...said, form: 'place' }), {
    ...{ BackupId: 'ami-1', InstanceId: undefined, InPlace: true },
  });
});

test('a volume is of a device, and for a machine', () => {
  const said = wanted('what=volume&backup=ami-1&device=%2Fdev%2Fsdf&to=i-2&as=%2Fdev%2Fsdp');
  assert.deepEqual(volumeRequest(said), {
    BackupId: 'ami-1',
    SourceId: undefined,
    DeviceName: '/dev/sdf',
    InstanceId: 'i-2',
    AttachAs: '/dev/sdp',
  });
  assert.deepEqual(wantedOf({ path: [], query: new URLSearchParams(queryOf(said) as never) }), {
    ...said,
    source: 'undefined',
    at: undefined,
    type: 'undefined',
  });
});

test('the same as a command', () => {
  for (const [query, command] of [
    ['backup=ami-1&type=t3.small', 'restore ami-1 --type t3.small'],
    ['source=i-1', 'restore --instance i-1'],
    [
      'source=i-1&at=2026-11-20T03:00Z&what=place',
      'restore --instance i-1 --at 2026-11-20T03:00Z --in-place',
    ],
    ['source=vol-1&what=volume&to=i-2', 'restore --volume vol-1 --attach i-2'],
    [
      'backup=ami-1&what=volume&device=/dev/sdf&to=i-2&as=/dev/sdp',
      'restore ami-1 --volume /dev/sdf --attach i-2 --device /dev/sdp',
    ],
    ["backup=ami-1'x&what=files", "files 'ami-1'\\''x' restore / --out files.tar"],
  ] as const) {
    assert.equal(commandOf(wanted(query)), `bin/imago backups ${command}`);
  }
});
