/** CopyVolumes of a real guest's volume while it writes: of one point in time, and both go on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CopyVolumesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, type Reached, reach } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { attachVolume, deviceOf, newVolume, untilVolume } from '../support/volumes.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let guest: Reached;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  const login = await access(imago);
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const [instance] = await launch(ec2, ImageId, login);
  guest = await reach(ec2, instance, login);
});
after(async () => {
  await imago?.dispose();
});

const root = (script: string) => ssh(guest, `sudo sh -c '${script}'`);

async function copied(SourceVolumeId: string): Promise<string> {
  const order = new CopyVolumesCommand({ SourceVolumeId, VolumeType: 'gp3' });
  const { Volumes } = await ec2.send(order);
  const id = Volumes?.[0]?.VolumeId ?? '';
  await untilVolume(ec2, id, 'available');
  return id;
}

test('each copy has what was written before it, and nothing of what came after', async () => {
  const source = await newVolume(ec2, { Size: 1 });
  await attachVolume(ec2, source, guest.id, '/dev/sdf');
  const device = await deviceOf(guest, source);
  await root(`mkfs.ext4 -q ${device} && mkdir -p /data && mount ${device} /data`);
  const counting = 'n=0; while :; do n=$((n+1)); echo $n >/data/n; sync /data/n; done';
  await ssh(guest, `sudo sh -c '${counting}' >/dev/null 2>&1 </dev/null & sleep 1`);
  const now = async () => Number(await root('cat /data/n'));
  const span: [number, number][] = [];
  const copies: string[] = [];
  for (let count = 0; count < 2; count++) {
    const before = await now();
    copies.push(await copied(source));
    span.push([before, await now()]);
  }
  for (const [index, id] of copies.entries()) {
    await attachVolume(ec2, id, guest.id, `/dev/sd${'gh'.charAt(index)}`);
    const disk = await deviceOf(guest, id);
    await root(`mkdir -p /copy${index} && mount ${disk} /copy${index}`);
    const seen = Number(await root(`cat /copy${index}/n`));
    const [least = 0, most = 0] = span[index] ?? [];
    assert.ok(seen >= least && seen <= most, `${seen} is from ${least} to ${most}`);
    await root(`echo copy >/copy${index}/of && sync`);
  }
  const last = span.at(-1)?.[1] ?? 0;
  assert.ok((await now()) > last, 'the source goes on');
  assert.equal(await root('ls /data'), 'lost+found\nn\n');
});
