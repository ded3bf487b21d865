import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalIpv6Cidr } from './ipv6.ts';

test('blocks in the one form, bits beyond the prefix cleared', () => {
  const forms = {
    '::/0': '::/0',
    '2001:DB8:0:0:0:0:0:1/128': '2001:db8::1/128',
    '2001:db8:ffff::1/33': '2001:db8:8000::/33',
    '2001:db8::ffff/32': '2001:db8::/32',
    '::ffff:1.2.3.4/128': '::ffff:102:304/128',
    'fe80::1:0:0:1/64': 'fe80::/64',
    'ffff:ffff::/1': '8000::/1',
  };
  for (const [text, canonical] of Object.entries(forms)) {
    assert.equal(canonicalIpv6Cidr(text), canonical, text);
  }
});

test('what is none', () => {
  for (const text of ['', '::', '::/129', '10.0.0.0/8', ':::/0', 'fe80::1%eth0/64', '1::2::3/64']) {
    assert.equal(canonicalIpv6Cidr(text), undefined, text);
  }
});
