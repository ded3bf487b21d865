import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { formatCidr, parseIpv4 } from '../../foundations/ipv4.ts';
import { parseHostReach } from '../host-reach.ts';
import { HostAddresses, localRoutes } from './host-addresses.ts';

const table = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     |-- 172.17.0.1
        /32 host LOCAL
     |-- 10.0.0.0
        /24 link UNICAST
Local:
     |-- 127.0.0.0
        /8 link UNICAST
        /8 host LOCAL
     |-- 192.0.2.255
        /32 link BROADCAST
     |-- 198.51.100.0
        /24 host LOCAL
Id 100:
     |-- 0.0.0.0
        /0 host LOCAL
`;

test('local addresses of the tables that every packet is looked up in, whole blocks too', () => {
  const local = localRoutes(table).map(formatCidr);
  assert.deepEqual(local, ['172.17.0.1/32', '127.0.0.0/8', '198.51.100.0/24']);
});

test('every address of every interface is the host’s; others are not', async (t) => {
  const addresses = await HostAddresses.watch();
  t.after(() => addresses.close());
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  const own = all.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
  assert.ok(own.length > 0);
  for (const address of [...own, '127.0.0.1']) assert.ok(addresses.has(parseIpv4(address) ?? 0));
  for (const address of ['93.184.216.34', '0.0.0.0', '255.255.255.255']) {
    assert.ok(!addresses.has(parseIpv4(address) ?? 0), address);
  }
});

test('what the operator opens is all, or addresses with ports, strictly', () => {
  assert.equal(parseHostReach('all'), 'all');
  assert.deepEqual(parseHostReach('192.0.2.2:80, 10.0.0.1:5000'), [
    { address: 0xc000_0202, port: 80 },
    { address: 0x0a00_0001, port: 5000 },
  ]);
  for (const text of [
    '',
    'ALL',
    '192.0.2.2',
    '192.0.2.2:0',
    '192.0.2:80',
    'host:80',
    '1.2.3.4:99999',
  ]) {
    assert.throws(() => parseHostReach(text), RangeError, text);
  }
});
