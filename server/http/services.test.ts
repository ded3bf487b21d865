import assert from 'node:assert/strict';
import { test } from 'node:test';
import { services } from '../operations/generated/tables.ts';
import { calledError } from '../protocol/called-error.ts';
import { Service } from './services.ts';

function serviceOf(name: string): Service {
  const table = services.find(({ model }) => model.service === name);
  assert.ok(table);
  return new Service(table);
}

test('errors that EC2 alone has a name for have one of the service, and its status', () => {
  const called = (service: string, code: string) => {
    const found = serviceOf(service);
    return [calledError(found.model, code)[0], found.statusOf(code)];
  };
  for (const [service, code, ...expected] of [
    ['backup', 'InvalidSubnetID.NotFound', 'InvalidParameterValueException', 400],
    ['backup', 'InvalidSnapshot.InUse', 'InvalidRequestException', 400],
    ['backup', 'UnknownVolumeType', 'InvalidParameterValueException', 400],
    ['backup', 'ResourceNotFoundException', 'ResourceNotFoundException', 400],
    ['backup', 'Unavailable', 'ServiceUnavailableException', 500],
    ['backup', 'SignatureDoesNotMatch', 'SignatureDoesNotMatch', 403],
    ['dlm', 'InvalidZone.NotFound', 'InvalidRequestException', 400],
    ['dlm', 'ResourceNotFoundException', 'ResourceNotFoundException', 404],
    ['dlm', 'TagLimitExceeded', 'LimitExceededException', 429],
    ['ec2', 'InvalidZone.NotFound', 'InvalidZone.NotFound', 400],
  ] as const) {
    assert.deepEqual(called(service, code), expected, `${service} ${code}`);
  }
});
