/** Whether a guest has an SSH server, through the data plane's process; this test is the machine. */
import assert from 'node:assert/strict';
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { MetadataConnection } from '../../network/network.ts';
import {
  buildIpv4,
  buildTcp,
  parseIpv4,
  parseIpv4Address,
  parseMacAddress,
  parseTcp,
  protocolTcp,
} from '../../network/user-mode/packets.ts';
import { TcpListener } from '../../network/user-mode/tcp-listener.ts';
import { QemuEnd, until } from '../../network/user-mode/test-qemu-end.ts';
import { attachment, first, makeHome, second } from './test-home.ts';

test('a guest that is isolated is asked, any other is not; what it says otherwise is no SSH', async (t) => {
  const { home, guest, plane: createPlane } = await makeHome(t);
  const { folder, root } = await guest(first);
  const sockets = home.machineSocketsFolder(first);
  await mkdir(sockets);
  for (const each of [folder, sockets]) await chmod(each, 0o777);
  const ends = ['nic.sock', 'up.sock'].map((name) => new QemuEnd(path.join(sockets, name)));
  for (const end of ends) {
    await end.listen();
    await chmod(end.path, 0o777);
  }
  const [nic] = ends as [QemuEnd];
  const told = { ...attachment(first, [root]), layout: 2 };
  const [guestIp, gatewayIp] = [told.link.privateIp, told.link.gatewayIp].map(parseIpv4Address);
  const macs = { source: parseMacAddress(told.link.mac), target: 1 };
  let says = 'SSH-2.0-test\r\n';
  const server = new TcpListener({
    send(segment) {
      const ips = { source: guestIp ?? 0, target: gatewayIp ?? 0 };
      nic.send(buildIpv4(macs, ips, protocolTcp, buildTcp(ips, segment)));
    },
    onConnection: (connection: MetadataConnection) => connection.end(says),
  });
  let heard = 0;
  nic.onFrame = (frame) => {
    heard += 1;
    const packet = parseIpv4(frame, 0, frame.length);
    const segment = packet && parseTcp(frame, packet.payloadStart, packet.payloadEnd);
    if (segment) server.receive(segment);
  };
  t.after(async () => {
    server.close();
    for (const end of ends) await end.stop();
  });
  const plane = createPlane();
  await plane.start();
  await plane.attach(folder, told);
  await until(() => nic.socket !== undefined);
  assert.equal(await plane.answersSsh(first), false);
  assert.equal(await plane.answersSsh(second), false, 'nobody is there');
  assert.equal(heard, 0);
  nic.socket = undefined;
  await plane.attach(folder, { ...told, link: { ...told.link, isolated: true } });
  await until(() => nic.socket !== undefined);
  assert.equal(await plane.answersSsh(first), true);
  says = '220 mail.example.com\r\n';
  assert.equal(await plane.answersSsh(first), false);
});
