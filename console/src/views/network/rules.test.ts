/** Rules as they are typed become what the API asks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionOf, trafficOf } from './rules.ts';

const rule = { protocol: 'tcp', ports: '22', peer: '10.0.0.1', description: '' };

test('an address alone is a block of one', () => {
  assert.deepEqual(permissionOf(rule), {
    IpProtocol: 'tcp',
    FromPort: 22,
    ToPort: 22,
    IpRanges: [{ CidrIp: '10.0.0.1/32' }],
  });
});

test('ranges of ports, groups, descriptions, all protocols', () => {
  assert.deepEqual(permissionOf({ ...rule, ports: '8000-8080', peer: 'sg-1', description: 'd' }), {
    IpProtocol: 'tcp',
    FromPort: 8000,
    ToPort: 8080,
    UserIdGroupPairs: [{ GroupId: 'sg-1', Description: 'd' }],
  });
  assert.deepEqual(permissionOf({ ...rule, protocol: '-1', ports: '', peer: '::/0' }), {
    IpProtocol: '-1',
    Ipv6Ranges: [{ CidrIpv6: '::/0' }],
  });
});

test('what there is reads as it was typed', () => {
  assert.equal(trafficOf({ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }), 'tcp 22');
  assert.equal(trafficOf({ IpProtocol: 'udp', FromPort: 1, ToPort: 9 }), 'udp 1-9');
  assert.equal(trafficOf({ IpProtocol: '-1' }), 'all');
});
