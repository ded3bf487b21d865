import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRegionName, zoneIdOf } from './regions.ts';

test('zone ids have EC2’s form where the region has', () => {
  const expected = {
    'us-east-1': 'use1-az1',
    'eu-west-3': 'euw3-az1',
    'ap-southeast-2': 'apse2-az1',
    'ap-northeast-1': 'apne1-az1',
    'ca-central-1': 'cac1-az1',
    'us-gov-west-1': 'usgw1-az1',
    home: 'home-az1',
    'rack-7': 'rack-7-az1',
  };
  for (const [region, id] of Object.entries(expected)) {
    assert.equal(zoneIdOf(`${region}a`), id);
  }
  assert.equal(zoneIdOf('us-east-1c'), 'use1-az3');
  assert.equal(zoneIdOf('homef'), 'home-az6');
});

test('what may be the name of a region', () => {
  for (const name of ['us-east-1', 'us-gov-west-1', 'home', 'rack-7']) {
    assert.ok(isRegionName(name), name);
  }
  for (const name of ['', 'not a region', 'US-East-1', 'a/b', '-a', 'a-', 'a--b', 'a'.repeat(41)]) {
    assert.ok(!isRegionName(name), name);
  }
});
