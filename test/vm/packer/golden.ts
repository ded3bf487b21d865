/**
 * What Packer makes by the template of its guide, with a package that it installs: an image in two
 * regions, shared with a partner, and nothing else.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  type EC2Client,
  EnableImageDeprecationCommand,
} from '@aws-sdk/client-ec2';
import { type Credentials, type ImagoProcess, launcher, repository } from '../../support/imago.ts';
import { pack } from '../../support/packer.ts';

export type Partner = Credentials & { account: string };

/** Imago has to have this account, and both regions. */
export const goldenRegions = ['us-east-1', 'eu-west-1'];

export async function addPartner(imago: ImagoProcess): Promise<Partner> {
  const words = ['accounts', 'create', 'partner', '--json', '--home', imago.home];
  return JSON.parse((await promisify(execFile)(launcher, words)).stdout);
}

/** Answers the one of the first region, and asserts what else there is. */
export async function makeGolden(imago: ImagoProcess, partner: Partner): Promise<string> {
  await pack(imago, templateOfGuide(imago.home), {
    partner: partner.account,
    package: await ownPackage(imago.home),
  });
  const found = [];
  for (const region of goldenRegions) {
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
  const own = imago.ec2();
  const { KeyPairs } = await own.send(new DescribeKeyPairsCommand({}));
  assert.deepEqual(KeyPairs, [], 'the temporary key is gone');
  const { Reservations = [] } = await own.send(new DescribeInstancesCommand({}));
  assert.deepEqual(
    Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name)),
    ['terminated'],
  );
  return found[0] ?? '';
}

/** From tomorrow on. */
export async function deprecate(ec2: EC2Client, golden: string): Promise<void> {
  const DeprecateAt = new Date(Date.now() + 24 * 60 * 60_000);
  await ec2.send(new EnableImageDeprecationCommand({ ImageId: golden, DeprecateAt }));
  const byId = new DescribeImagesCommand({ ImageIds: [golden] });
  const { Images: [deprecated] = [] } = await ec2.send(byId);
  assert.ok(Date.parse(deprecated?.DeprecationTime ?? '') > Date.now());
}

/** As a user copies it. */
function templateOfGuide(folder: string): string {
  const guide = readFileSync(path.join(repository, 'docs/guides/packer.md'), 'utf8');
  const file = path.join(folder, 'golden.pkr.hcl');
  writeFileSync(file, /```hcl\n(.*?)```/s.exec(guide)?.[1] ?? '');
  return file;
}

/** A package with one program, `golden`. */
async function ownPackage(folder: string): Promise<string> {
  const root = path.join(folder, 'package');
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
  await promisify(execFile)('dpkg-deb', ['--root-owner-group', '--build', root, file]);
  return file;
}
