import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../api/client.ts';
import { fieldOf } from './field-of.ts';

test('a refusal of a restore is about the wish that its code or words name', () => {
  const about = (code: string, message = '') => fieldOf(new ApiError(code, message));
  assert.equal(about('InvalidKeyPair.NotFound'), 'key');
  assert.equal(about('InvalidSubnetID.NotFound'), 'subnet');
  assert.equal(about('InvalidGroup.NotFound'), 'group');
  assert.equal(about('InvalidIPAddress.InUse'), 'address');
  const outside =
    'Address 10.0.0.1 does not fall within the usable addresses of subnet 172.31.0.0/20';
  assert.equal(about('InvalidParameterValue', outside), 'address');
  assert.equal(about('InvalidParameterValue', "Invalid device name 'x'."), 'without');
  assert.equal(about('InvalidParameterValue', "The instance type 'x' does not exist"), 'type');
  assert.equal(about('InvalidAMIID.NotFound', 'The image id does not exist'), undefined);
});
