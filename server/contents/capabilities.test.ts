import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilitiesOf } from './capabilities.ts';

/** As it is stored: version, whether it is effective, and words of what is permitted and inherited. */
function stored(version: number, isEffective: boolean, ...words: number[]): Buffer {
  const bytes = Buffer.alloc(4 + words.length * 4);
  bytes.writeUInt32LE(version * 2 ** 24 + Number(isEffective));
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, 4 + index * 4);
  return bytes;
}

const told = (value: Buffer) => capabilitiesOf(new Map([['security.capability', value]]));
const raw = 1 << 13;
const admin = 1 << 12;

test('capabilities are told as getcap tells them', () => {
  assert.equal(capabilitiesOf(new Map()), undefined);
  assert.equal(told(stored(2, true, raw, 0, 0, 0)), 'cap_net_raw=ep');
  assert.equal(told(stored(2, false, raw | admin, 0, 0, 0)), 'cap_net_admin,cap_net_raw=p');
  assert.equal(told(stored(2, true, raw, raw | admin, 0, 0)), 'cap_net_admin=ei cap_net_raw=eip');
  // Of a user namespace; one of the upper words, and one that has no name yet.
  assert.equal(told(stored(3, true, 0, 0, 2 ** 7 + 2 ** 31, 0, 1000)), 'cap_bpf,63=ep');
  assert.equal(told(stored(1, true, raw, 0)), 'cap_net_raw=ep');
  assert.equal(told(stored(2, false, 0, 0, 0, 0)), undefined);
});

test('what is of no known form is told as its bytes', () => {
  assert.equal(told(Buffer.from('05ff', 'hex')), '05ff');
  assert.equal(told(stored(9, true, raw, 0, 0, 0))?.slice(0, 8), '01000009');
});
