import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidrContains, formatCidr, formatIpv4, parseCidr, parseIpv4 } from './ipv4.ts';

test('addresses', () => {
  assert.equal(parseIpv4('127.0.0.1'), 0x7f000001);
  assert.equal(formatIpv4(0xffffffff), '255.255.255.255');
  for (const wrong of ['1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.x', '', ' 1.2.3.4']) {
    assert.equal(parseIpv4(wrong), undefined, wrong);
  }
});

test('blocks lose the bits beyond their prefix', () => {
  const canonical = (text: string) => {
    const cidr = parseCidr(text);
    return cidr && formatCidr(cidr);
  };
  assert.equal(canonical('100.68.0.18/18'), '100.68.0.0/18');
  assert.equal(canonical('255.255.255.255/0'), '0.0.0.0/0');
  assert.equal(canonical('10.1.2.3/32'), '10.1.2.3/32');
  for (const wrong of ['1.2.3.4', '1.2.3.4/33', '1.2.3.4/-1', '1.2.3.4/08', '/8', '::/0']) {
    assert.equal(canonical(wrong), undefined, wrong);
  }
});

test('what a block contains', () => {
  const contains = (block: string, address: string) => {
    const cidr = parseCidr(block);
    return cidr !== undefined && cidrContains(cidr, parseIpv4(address) as number);
  };
  assert.equal(contains('127.0.0.0/8', '127.255.255.255'), true);
  assert.equal(contains('127.0.0.0/8', '128.0.0.0'), false);
  assert.equal(contains('127.0.0.0/8', '126.255.255.255'), false);
  assert.equal(contains('0.0.0.0/0', '255.255.255.255'), true);
});
