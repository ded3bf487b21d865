/** Dialing a guest that is isolated: the test is the guest, whose TCP is the link's own kind. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../foundations/log.ts';
import type { MetadataConnection } from '../network.ts';
import { createUserModeNetwork } from './link.ts';
import {
  buildIpv4,
  buildTcp,
  parseIpv4,
  parseIpv4Address,
  parseMacAddress,
  parseTcp,
  protocolTcp,
  type TcpSegment,
  tcpRst,
  tcpSyn,
} from './packets.ts';
import { TcpListener } from './tcp-listener.ts';
import { QemuEnd, until } from './test-qemu-end.ts';

const guestLink = {
  mac: '02:12:34:56:78:9a',
  privateIp: '172.31.0.15',
  subnetCidr: '172.31.0.0/20',
  gatewayIp: '172.31.0.1',
  dnsIp: '172.31.0.2',
};
const guestMac = parseMacAddress(guestLink.mac);
const guestIp = parseIpv4Address(guestLink.privateIp);
const gatewayIp = parseIpv4Address(guestLink.gatewayIp);

async function plugIn(
  t: TestContext,
  onConnection: (connection: MetadataConnection) => void,
  { isolated = true, ignored = 0 } = {},
) {
  const folder = await mkdtemp(path.join(tmpdir(), 'idl-'));
  const nic = new QemuEnd(path.join(folder, 'nic.sock'));
  const up = new QemuEnd(path.join(folder, 'up.sock'));
  await Promise.all([nic.listen(), up.listen()]);
  const link = { ...guestLink, ...(isolated && ({ isolated: true } as const)) };
  const options = { onMetadataConnection: () => assert.fail('nobody asked') };
  const cable = createUserModeNetwork({ log: silentLog }).attach(folder, link, options);
  const send = (segment: TcpSegment) => {
    const ips = { source: guestIp, target: gatewayIp };
    const macs = { source: guestMac, target: parseMacAddress('52:55:ac:1f:00:01') };
    nic.send(buildIpv4(macs, ips, protocolTcp, buildTcp(ips, segment)));
  };
  const server = new TcpListener({ send, onConnection, retransmitMs: 10 });
  const heard: TcpSegment[] = [];
  nic.onFrame = (frame) => {
    const packet = parseIpv4(frame, 0, frame.length);
    assert.deepEqual([packet?.source, packet?.target], [gatewayIp, guestIp]);
    const segment = packet && parseTcp(frame, packet.payloadStart, packet.payloadEnd);
    assert.ok(segment);
    heard.push(segment);
    if (heard.length > ignored) server.receive(segment);
  };
  t.after(async () => {
    server.close();
    await cable.close();
    await Promise.all([nic.stop(), up.stop()]);
    await rm(folder, { recursive: true });
  });
  await until(() => cable.status().nic && cable.status().up);
  return { cable, up, send, heard, server };
}

test('its port 22 is reached as from its gateway, and nothing of it goes up', async (t) => {
  const greet = (connection: MetadataConnection) => connection.write('SSH-2.0-test\r\n');
  const { cable, up, heard, server } = await plugIn(t, greet);
  const connection = await cable.dial();
  const [said] = await once(connection, 'data');
  assert.equal(String(said), 'SSH-2.0-test\r\n');
  connection.destroy();
  await until(() => server.connectionCount === 0);
  assert.ok(heard.every(({ targetPort }) => targetPort === 22));
  assert.equal(heard.at(-1)?.flags !== undefined && (heard.at(-1)?.flags ?? 0) & tcpRst, tcpRst);
  assert.deepEqual(up.frames, []);
  assert.deepEqual(cable.status().dropped, {});
});

test('a SYN that a guest has not heard is sent again; one that is refused is told', async (t) => {
  const { cable, heard, server } = await plugIn(t, () => {}, { ignored: 2 });
  const connection = await cable.dial();
  assert.equal(heard.filter(({ flags }) => flags === tcpSyn).length, 3);
  connection.destroy();
  await until(() => server.connectionCount === 0);

  const other = await plugIn(t, () => {});
  other.server.receive = ({ sourcePort, targetPort, sequence }) =>
    other.send({
      ...{ sourcePort: targetPort, targetPort: sourcePort, sequence: 0, windowBytes: 0 },
      ...{ acknowledgment: (sequence + 1) >>> 0, flags: tcpRst | 0x10 },
      payload: Buffer.alloc(0),
    });
  await assert.rejects(other.cable.dial(), /refuses/);
});

test('a guest that answers what nobody asked, or another number, opens nothing', async (t) => {
  const { cable, send, server, up } = await plugIn(t, () => assert.fail('it was opened'));
  const answers: number[] = [];
  server.receive = ({ sourcePort, targetPort, sequence }) => {
    for (const [port, number] of [
      [sourcePort, sequence],
      [sourcePort === 40_000 ? 40_001 : 40_000, sequence + 1],
    ] as const) {
      answers.push(port);
      send({
        ...{ sourcePort: targetPort, targetPort: port, sequence: 7, windowBytes: 1000 },
        ...{ acknowledgment: number >>> 0, flags: tcpSyn | 0x10, payload: Buffer.alloc(0) },
      });
    }
  };
  await assert.rejects(cable.dial(), /does not answer/);
  assert.ok(answers.length > 2);
  assert.deepEqual(up.frames, []);
});

test('who is not isolated is not dialed; so few are at once; closing ends them', async (t) => {
  const plain = await plugIn(t, () => {}, { isolated: false });
  await assert.rejects(plain.cable.dial(), /isolated/);
  assert.deepEqual(plain.heard, []);
  const { cable } = await plugIn(t, () => {});
  const all = await Promise.all(Array.from({ length: 8 }, () => cable.dial()));
  await assert.rejects(cable.dial(), /already/);
  const closed = Promise.all(all.map((each) => once(each, 'close')));
  await cable.close();
  await closed;
});
