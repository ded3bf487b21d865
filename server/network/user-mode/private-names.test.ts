import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4Range } from './packets.ts';
import { answerPrivateName } from './private-names.ts';

const names = { domain: 'eu-west-1.compute.internal', range: parseIpv4Range('172.31.0.0/16') };
const [a, ptr, aaaa, any] = [1, 12, 28, 255];

function query(
  name: string,
  type: number,
  { flags = 0x0100, more = Buffer.alloc(0) } = {},
): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xbeef, 0);
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(1, 4);
  return Buffer.concat([head, ...labels, Buffer.from([0, type >> 8, type & 255, 0, 1]), more]);
}

function answerOf(name: string, type: number) {
  const answer = answerPrivateName(query(name, type), names);
  if (!answer) return undefined;
  assert.equal(answer.readUInt16BE(0), 0xbeef, 'the id of the question');
  assert.equal(answer.readUInt16BE(2) & 0x8000, 0x8000);
  const asked = query(name, type).subarray(12);
  assert.deepEqual(answer.subarray(12, 12 + asked.length), asked, 'the question itself');
  const count = answer.readUInt16BE(6);
  const record = answer.subarray(12 + asked.length);
  if (count === 0) return { code: answer.readUInt16BE(2) & 15, record: record.length };
  assert.equal(record.readUInt16BE(0), 0xc00c);
  assert.equal(record.readUInt16BE(10), record.length - 12);
  return { code: 0, type: record.readUInt16BE(2), data: record.subarray(12).toString('hex') };
}

test('a name says its address, whatever its case', () => {
  const host = 'ip-172-31-0-5.eu-west-1.compute.internal';
  const answer = { code: 0, type: 1, data: 'ac1f0005' };
  assert.deepEqual(answerOf(host, a), answer);
  assert.deepEqual(answerOf(host.toUpperCase(), any), answer);
  assert.deepEqual(answerOf(host, aaaa), { code: 0, record: 0 }, 'there, without IPv6');
});

test('an address says its name', () => {
  const { code, type, data = '' } = answerOf('5.0.31.172.in-addr.arpa', ptr) ?? {};
  assert.deepEqual([code, type], [0, 12]);
  const text = Buffer.from(data, 'hex').toString('latin1');
  assert.equal(text, '\x0dip-172-31-0-5\x09eu-west-1\x07compute\x08internal\0');
});

test('addresses elsewhere have no such names', () => {
  const missing = { code: 3, record: 0 };
  assert.deepEqual(answerOf('ip-10-0-0-5.eu-west-1.compute.internal', a), missing);
  assert.deepEqual(answerOf('ip-172-31-0-256.eu-west-1.compute.internal', a), missing);
});

test('other names are for another server', () => {
  for (const name of [
    'example.com',
    'ip-172-31-0-5.example.com',
    'x.ip-172-31-0-5.eu-west-1.compute.internal',
    'web.eu-west-1.compute.internal',
    '5.0.0.10.in-addr.arpa',
    'x.0.31.172.in-addr.arpa',
  ]) {
    assert.equal(answerOf(name, a), undefined, name);
  }
});

test('what is no plain question, or cut off, is for another server', () => {
  const whole = query('ip-172-31-0-5.eu-west-1.compute.internal', a);
  for (let length = 0; length < whole.length; length += 1) {
    assert.equal(answerPrivateName(whole.subarray(0, length), names), undefined, `${length} bytes`);
  }
  for (const flags of [0x8100, 0x2900, 0x0300]) {
    const odd = query('ip-172-31-0-5.eu-west-1.compute.internal', a, { flags });
    assert.equal(answerPrivateName(odd, names), undefined, flags.toString(16));
  }
  const chaos = Buffer.from(whole);
  chaos.writeUInt16BE(3, chaos.length - 2);
  assert.equal(answerPrivateName(chaos, names), undefined);
  const compressed = Buffer.from(whole);
  compressed[12] = 0xc0;
  assert.equal(answerPrivateName(compressed, names), undefined);
});

test('what comes after the question, such as EDNS, is not sent back', () => {
  const more = Buffer.from([0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0]);
  const asked = query('ip-172-31-0-5.eu-west-1.compute.internal', a, { more });
  asked.writeUInt16BE(1, 10);
  const answer = answerPrivateName(asked, names);
  assert.equal(answer?.readUInt16BE(10), 0);
  assert.equal(answer?.length, asked.length - more.length + 16);
});

test('whatever a guest asks, nothing throws, and an answer is never longer than it has to be', () => {
  let state = 1;
  const roll = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const seeds = [
    query('ip-172-31-0-5.eu-west-1.compute.internal', a),
    query('5.0.31.172.in-addr.arpa', ptr),
  ];
  let answered = 0;
  for (let count = 0; count < 50_000; count += 1) {
    const asked = Buffer.from(seeds[roll(seeds.length)] as Buffer);
    for (let change = roll(3); change > 0; change -= 1) asked[roll(asked.length)] = roll(256);
    const cut = asked.subarray(0, roll(4) === 0 ? roll(asked.length) : asked.length);
    const answer = answerPrivateName(cut, names);
    if (!answer) continue;
    answered += 1;
    assert.ok(answer.length <= cut.length + 12 + 64, cut.toString('hex'));
  }
  assert.ok(answered > 1000);
});
