import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../api/client.ts';
import { forgetFieldOf } from './forget-field-of.ts';

test('the words of a refusal say which field of a policy that forgets it is about', () => {
  const about = (message: string) => forgetFieldOf(new ApiError('InvalidParameterValue', message));
  assert.equal(about("PolicyName 'a b' is not ^[A-Za-z0-9_.-]{1,64}$."), 'name');
  assert.equal(about('SourceIds or TargetTags are needed.'), 'targets');
  assert.equal(about("Duplicate tag key 'a' specified."), 'targets');
  assert.equal(about("'x' is no id of an instance or a volume."), 'sources');
  assert.equal(about("KeepTags 'x' is not of the form key=value,key=value."), 'keeps');
  assert.equal(about("KeepWithin 'x' is not of the form 1y5m7d2h."), 'keeps');
  assert.equal(about("Timezone 'x' is no time zone."), 'keeps');
  assert.equal(about('A rule is missing: without one nothing would be kept.'), 'keeps');
  assert.equal(about("The schedule 'cron(x)' is not valid: no."), 'when');
  assert.equal(about('There are at most 100 policies in a region.'), undefined);
  assert.equal(forgetFieldOf(new Error('Timezone')), undefined);
});
