/**
 * A guest's TCP to another guest of its VPC against its TCP to this host, in turns, on the same two
 * running guests (goal: at least 0.8x, emulated too). Both ways begin in the same guest's `dd` and
 * pass its cable; one ends in the other guest, one in QEMU's user network and a process here.
 *   tools/node24 bench/peers.bench.ts [micro|debian-12|debian-13]
 */
import { createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { AuthorizeSecurityGroupIngressCommand } from '@aws-sdk/client-ec2';
import { homeWith, type ProviderImage } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import { access, describeInstance, launch, providerImage, reach } from '../test/support/launch.ts';
import { ssh } from '../test/support/ssh.ts';
import { inTurn, load, ratio, spread } from './figures.ts';

const rounds = 5;
const mebibytes = 64;
const port = 9000;
const bootLimitMs = 300_000;
const roundLimitMs = 120_000;
const name = (process.argv[2] ?? 'micro') as ProviderImage;
const InstanceType = name === 'micro' ? 't3.nano' : 't3.small';

const hostAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
if (!hostAddress) throw new Error('this host has no address but its loopback');
const sink = createServer((socket: Socket) => {
  socket.resume().on('error', () => {});
}).listen(port, hostAddress);
const imago = await ImagoProcess.start({
  hypervisor: 'qemu',
  home: await homeWith(name),
  flags: ['--guests-may-reach-host', `${hostAddress}:${port}`],
});
const ec2 = imago.ec2();
try {
  const login = await access(imago);
  const { groupId: GroupId } = login;
  const fromGroup = { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] };
  const rule = { GroupId, IpPermissions: [fromGroup] };
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
  const image = await providerImage(ec2, `*${name}-*`);
  const made = await launch(ec2, image.ImageId ?? '', login, 2, { InstanceType });
  const [from, to] = await Promise.all(made.map((each) => reach(ec2, each, login, bootLimitMs)));
  if (!from || !to) throw new Error('two guests are needed');
  await ssh(to, `nc -ll -p ${port} -e dd of=/dev/null bs=64k >/dev/null 2>&1 </dev/null &`);
  const { PrivateIpAddress: peer = '' } = await describeInstance(ec2, to.id);
  const sides = [
    { address: peer, perSecond: [] as number[] },
    { address: hostAddress, perSecond: [] as number[] },
  ];
  for (let round = 0; round < rounds; round++) {
    for (const side of inTurn(round, sides)) side.perSecond.push(await send(side.address));
  }
  const [guest, host] = sides.map(({ perSecond }) => perSecond);
  const unit = 'MiB/s';
  console.log(
    `${name}: to a guest ${spread(guest ?? [], unit, 1)}, to the host ${spread(host ?? [], unit, 1)}`,
  );
  console.log(`guest to host: ratio ${ratio(guest ?? [], host ?? [])}; ${load()}`);

  /** By the sender's clock, until the connection is over. */
  async function send(address: string): Promise<number> {
    const command = `read a _ </proc/uptime; dd if=/dev/zero bs=64k count=${mebibytes * 16} 2>/dev/null | nc ${address} ${port}; read b _ </proc/uptime; echo $a $b`;
    if (!from) return Number.NaN;
    const [a, b] = (await ssh(from, command, { timeoutMs: roundLimitMs })).trim().split(' ');
    return mebibytes / (Number(b) - Number(a));
  }
} finally {
  sink.close();
  await imago.dispose();
}
