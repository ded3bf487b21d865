/**
 * Packer, from Debian's packages, makes a golden image of `debian-12` by the template of its guide:
 * logs in, installs a package, captures, copies into a second region, shares. It is deprecated, and
 * boots for the account that it is shared with.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  EnableImageDeprecationCommand,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { type Credentials, ImagoProcess, launcher, repository } from '../support/imago.ts';
import { access, launch, reach } from '../support/launch.ts';
import { pack } from '../support/packer.ts';
import { ssh } from '../support/ssh.ts';

const run = promisify(execFile);
/** Whoever has other work besides lets a guest wait. */
const sshTimeoutMs = 600_000;

let imago: ImagoProcess;
let partner: Credentials & { account: string };
before(async () => {
  const home = await homeWith('debian-12');
  const regions = ['us-east-1', 'eu-west-1'];
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home, regions });
  const words = ['accounts', 'create', 'partner', '--json', '--home', imago.home];
  partner = JSON.parse((await run(launcher, words)).stdout);
});
after(async () => {
  await imago?.dispose();
});

/** As a user copies it. */
function templateOfGuide(): string {
  const guide = readFileSync(path.join(repository, 'docs/guides/packer.md'), 'utf8');
  const file = path.join(imago.home, 'golden.pkr.hcl');
  writeFileSync(file, /```hcl\n(.*?)```/s.exec(guide)?.[1] ?? '');
  return file;
}

/** A package with one program, `golden`. */
async function ownPackage(): Promise<string> {
  const root = path.join(imago.home, 'package');
  mkdirSync(path.join(root, 'DEBIAN'), { recursive: true });
  mkdirSync(path.join(root, 'usr/bin'), { recursive: true });
  const control = {
    Package: 'golden',
    Version: '1.0',
    Architecture: 'all',
    Maintainer: 'Tests <tests@localhost>',
    Description: 'says that it is there',
  };
  const lines = Object.entries(control).map(([name, value]) => `${name}: ${value}\n`);
  writeFileSync(path.join(root, 'DEBIAN/control'), lines.join(''));
  writeFileSync(path.join(root, 'usr/bin/golden'), '#!/bin/sh\necho golden\n', { mode: 0o755 });
  const file = `${root}.deb`;
  await run('dpkg-deb', ['--root-owner-group', '--build', root, file]);
  return file;
}

test('Packer makes an image of debian-12, copies and shares it; it is deprecated and boots', async () => {
  await pack(imago, templateOfGuide(), {
    partner: partner.account,
    package: await ownPackage(),
  });
  const found = [];
  for (const region of ['us-east-1', 'eu-west-1']) {
    const ec2 = imago.ec2(region);
    const { Images: [image] = [] } = await ec2.send(
      new DescribeImagesCommand({ Owners: ['self'] }),
    );
    // Those of the service's own are told of copies.
    const tags = image?.Tags?.filter(({ Key = '' }) => !Key.startsWith('aws:'));
    assert.deepEqual(tags, [{ Key: 'team', Value: 'web' }], region);
    assert.deepEqual([image?.Name, image?.State], ['golden-1', 'available'], region);
    const attribute = { ImageId: image?.ImageId, Attribute: 'launchPermission' as const };
    const { LaunchPermissions } = await ec2.send(new DescribeImageAttributeCommand(attribute));
    assert.deepEqual(LaunchPermissions, [{ UserId: partner.account }], region);
    found.push(image?.ImageId ?? '');
  }
  const [ImageId = ''] = found;
  const ec2 = imago.ec2();
  const DeprecateAt = new Date(Date.now() + 24 * 60 * 60_000);
  await ec2.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt }));
  const byId = new DescribeImagesCommand({ ImageIds: [ImageId] });
  const { Images: [deprecated] = [] } = await ec2.send(byId);
  assert.ok(Date.parse(deprecated?.DeprecationTime ?? '') > Date.now());
  const { KeyPairs } = await ec2.send(new DescribeKeyPairsCommand({}));
  assert.deepEqual(KeyPairs, [], 'the temporary key is gone');
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  assert.deepEqual(
    Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name)),
    ['terminated'],
  );

  const theirs = imago.ec2('us-east-1', partner);
  const own = await access(imago, 'partner', partner);
  const [instance] = await launch(theirs, ImageId, own, 1, { InstanceType: 't3.small' });
  const machine = await reach(theirs, instance, own, sshTimeoutMs);
  assert.equal(await ssh(machine, 'golden; cat /etc/motd'), 'golden\ngolden\n');
});
