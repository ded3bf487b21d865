import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ec2Model } from '../../api/generated/ec2.ts';
import { AcceptedInput } from './accepted-input.ts';

const accepted = new AcceptedInput(ec2Model, 'RunInstances', {
  accepts: [
    'ImageId',
    'BlockDeviceMappings.DeviceName',
    'BlockDeviceMappings.Ebs.VolumeSize',
    'TagSpecifications',
  ],
  fixed: {
    'BlockDeviceMappings.Ebs.Encrypted': false,
    'MaintenanceOptions.AutoRecovery': ['default', 'disabled'],
  },
});

test('what is named passes, and all inside a named structure', () => {
  accepted.check({
    ImageId: 'a',
    BlockDeviceMappings: [{ DeviceName: 'x' }, { Ebs: { VolumeSize: 8 } }],
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'k' }] }],
  });
  accepted.check({});
});

test('what is not named is refused by its path', () => {
  const refuses = (input: object, path: string) =>
    assert.throws(() => accepted.check(input), {
      code: 'UnsupportedOperation',
      message: `The parameter ${path} of RunInstances is not supported by Imago.`,
    });
  refuses({ KernelId: 'aki-1' }, 'KernelId');
  refuses({ BlockDeviceMappings: [{}, { Ebs: { Iops: 1 } }] }, 'BlockDeviceMappings.Ebs.Iops');
  refuses({ Placement: { Tenancy: 'dedicated' } }, 'Placement');
});

test('an empty member asks for nothing', () => {
  accepted.check({ KernelId: '', IamInstanceProfile: { Name: '', Arn: '' } });
  assert.throws(() => accepted.check({ IamInstanceProfile: { Name: 'x', Arn: '' } }), {
    code: 'UnsupportedOperation',
  });
  assert.throws(() => accepted.check({ DisableApiTermination: false }), {
    code: 'UnsupportedOperation',
  });
});

test('a member of which there are these values only is taken with them', () => {
  accepted.check({
    BlockDeviceMappings: [{}, { Ebs: { VolumeSize: 8, Encrypted: false } }],
    MaintenanceOptions: { AutoRecovery: 'disabled' },
  });
  accepted.check({ MaintenanceOptions: { AutoRecovery: '' } });
  const refuses = (input: object, message: RegExp) =>
    assert.throws(() => accepted.check(input), { code: 'UnsupportedOperation', message });
  refuses(
    { BlockDeviceMappings: [{ Ebs: { Encrypted: true } }] },
    /BlockDeviceMappings\.Ebs\.Encrypted of RunInstances only as false; true would/,
  );
  refuses({ MaintenanceOptions: { AutoRecovery: 'never' } }, /only as default or disabled; never/);
});

test('a path that the model does not have is a mistake of the operation', () => {
  for (const path of ['ImageID', 'BlockDeviceMappings.Size', 'ImageId.X', '']) {
    assert.throws(
      () => new AcceptedInput(ec2Model, 'RunInstances', { accepts: [path] }),
      /no input member/,
    );
  }
});
