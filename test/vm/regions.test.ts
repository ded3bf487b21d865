/**
 * Regions as places: two with block stores of their own. What was captured in one and copied into
 * the other boots there when the first one's store is gone.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CopyImageCommand,
  CreateImageCommand,
  type EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  access,
  launch,
  providerImage,
  reach,
  waitForImage,
  waitForState,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';

const home = 'us-east-1';
const first = 'eu-west-1';
const second = 'eu-central-1';

let folder: string;
let imago: ImagoProcess;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'im-stores-'));
  chmodSync(folder, 0o711);
  const stores = [first, second].map((region) => `${region}=${path.join(folder, region)}`);
  imago = await ImagoProcess.start({
    hypervisor: 'qemu',
    home: await homeWith('micro'),
    regions: [home, ...stores],
  });
});
after(async () => {
  await imago?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function copied(to: EC2Client, SourceRegion: string, SourceImageId: string, Name: string) {
  const input = { Name, SourceRegion, SourceImageId };
  const { ImageId = '' } = await to.send(new CopyImageCommand(input));
  return waitForImage(to, ImageId, 'available');
}

test('a copy in another region outlives the store that it was made from', async () => {
  const [atHome, atFirst, atSecond] = [imago.ec2(home), imago.ec2(first), imago.ec2(second)];
  const { ImageId: micro = '' } = await providerImage(atHome, 'imago-micro-*');
  const base = await copied(atFirst, home, micro, 'micro');

  const user = await access(imago, 'first', undefined, first);
  const [instance] = await launch(atFirst, base.ImageId ?? '', user);
  const machine = await reach(atFirst, instance, user);
  await ssh(machine, 'sudo sh -c "echo changed >/etc/demo.conf; sync"');
  const capture = new CreateImageCommand({ InstanceId: machine.id, Name: 'captured' });
  const { ImageId: captured = '' } = await atFirst.send(capture);
  await waitForImage(atFirst, captured, 'available');
  const copy = await copied(atSecond, first, captured, 'copied');
  await atFirst.send(new TerminateInstancesCommand({ InstanceIds: [machine.id] }));
  await waitForState(atFirst, machine.id, 'terminated');

  rmSync(path.join(folder, first), { recursive: true });
  const there = await access(imago, 'second', undefined, second);
  const [again] = await launch(atSecond, copy.ImageId ?? '', there);
  const other = await reach(atSecond, again, there);
  assert.equal(await ssh(other, 'cat /etc/demo.conf'), 'changed\n');
  await atSecond.send(new TerminateInstancesCommand({ InstanceIds: [other.id] }));
  await waitForState(atSecond, other.id, 'terminated');

  await imago.stop();
  await assert.rejects(imago.start(), /The blocks of the region eu-west-1 are not in .*FOLDER/s);
});
