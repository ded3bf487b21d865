import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../api/client.ts';
import { fieldOf } from './field-of.ts';

const about = (code: string, message = '') => fieldOf(new ApiError(code, message));

test('a refusal is about the field that its code or words name', () => {
  assert.equal(about('InvalidAMIID.NotFound'), 'image');
  assert.equal(about('OptInRequired'), 'image');
  assert.equal(about('InvalidKeyPair.NotFound'), 'key');
  assert.equal(about('InvalidGroup.NotFound'), 'groups');
  assert.equal(about('InvalidUserData.Malformed'), 'userData');
  assert.equal(about('InvalidLaunchTemplateId.VersionNotFound'), 'template');
  assert.equal(about('InvalidParameterValue', "Invalid value 'x' for InstanceType."), 'type');
  assert.equal(about('InvalidBlockDeviceMapping'), 'volumes');
  assert.equal(about('InstanceLimitExceeded'), 'count');
});

test('where nothing tells it is about the whole', () => {
  assert.equal(about('UnauthorizedOperation', 'You may not.'), undefined);
  assert.equal(fieldOf(new Error('broken')), undefined);
  assert.equal(fieldOf(undefined), undefined);
});
