/**
 * What Packer makes of `debian-12` by the template of its guide boots for the account that it is
 * shared with, is changed there and captured while it runs. `npm test` has Packer's own guest
 * (debian-12.test.ts); what is as well with `debian-12` as it is built is debian-12.soak.ts's.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { type Access, access, launch, reach } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { addPartner, deprecate, goldenRegions, makeGolden, type Partner } from './packer/golden.ts';
import {
  captured,
  changed,
  installSystemdService,
  rootFills,
  rootOf,
  sumOf,
} from './whole-cycle.ts';

/** Whoever has other work besides lets a guest wait. */
const sshTimeoutMs = 900_000;
const type = { InstanceType: 't3.small' } as const;
const rootGiB = 24;

let imago: ImagoProcess;
let partner: Partner;
/** The partner's. */
let ec2: EC2Client;
let login: Access;
let golden: string;

before(async () => {
  const home = await homeWith('debian-12');
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home, regions: goldenRegions });
  partner = await addPartner(imago);
  ec2 = imago.ec2('us-east-1', partner);
  login = await access(imago, 'partner', partner);
});
after(async () => {
  await imago?.dispose();
});

test('Packer makes an image, copies and shares it, and leaves nothing else', async () => {
  golden = await makeGolden(imago, partner);
});

test('deprecated, it boots for whom it is shared with, grows, is changed, and captured while it runs', async () => {
  await deprecate(imago.ec2(), golden);
  const more = { ...type, BlockDeviceMappings: rootOf(rootGiB) };
  const [instance] = await launch(ec2, golden, login, 1, more);
  const machine = await reach(ec2, instance, login, sshTimeoutMs);
  assert.equal(await ssh(machine, 'golden; cat /etc/motd'), 'golden\ngolden\n');
  await rootFills(machine, rootGiB);
  const sum = await changed(machine, installSystemdService);
  await captured(ec2, machine);
  assert.equal(await sumOf(machine), sum, 'the source runs on');
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [machine.id] }));
});
