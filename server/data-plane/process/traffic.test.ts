/** What went through guests' cards, asked of the real process in one call. */
import assert from 'node:assert/strict';
import { chown, stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { buildArp, parseMacAddress } from '../../network/user-mode/packets.ts';
import { QemuEnd, until } from '../../network/user-mode/test-qemu-end.ts';
import { attachment, first, readStatus, second, serveTwo } from './test-home.ts';

test('the traffic of all guests is told in one call', async (t) => {
  const { home, plane, a } = await serveTwo(t);
  const nothing = { receivedBytes: 0, receivedPackets: 0, sentBytes: 0, sentPackets: 0 };
  assert.deepEqual(Object.fromEntries(await plane.traffic()), {
    [first]: nothing,
    [second]: nothing,
  });
  const nic = new QemuEnd(path.join(a.folder, 'nic.sock'));
  t.after(() => nic.stop());
  await nic.listen();
  const { uid, gid } = await stat(a.folder);
  await chown(nic.path, uid, gid);
  await until(() => nic.socket !== undefined);
  // Who has 169.254.169.254? The link answers that itself.
  const { mac } = attachment(first, []).link;
  const macs = { source: parseMacAddress(mac), target: 0xffffffffffff };
  const question = buildArp(1, macs, { source: 0xac1f000f, target: 0xa9fea9fe });
  nic.send(question);
  await until(() => nic.frames.length > 0);
  const traffic = await plane.traffic();
  assert.deepEqual(traffic.get(first), {
    receivedBytes: nic.frames[0]?.length,
    receivedPackets: 1,
    sentBytes: question.length,
    sentPackets: 1,
  });
  assert.deepEqual(traffic.get(second), nothing);
  assert.equal((await readStatus(home)).instances.length, 2);
  await plane.detach(a.folder, first);
  assert.deepEqual([...(await plane.traffic()).keys()], [second]);
});
