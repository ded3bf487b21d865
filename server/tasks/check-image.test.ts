/**
 * What is found in the files of an image is kept with it, told to EC2's clients, and refuses it.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BufferDisk,
  cleanSystem,
  type Files,
  makeFileSystem,
} from '../contents/test-file-systems.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { describeImages } from '../operations/ec2/images/DescribeImages.ts';
import { getImageFindings } from '../operations/ec2/images/GetImageFindings.ts';
import { checkImage } from '../operations/imago/CheckImage.ts';
import { describeProduct } from '../operations/imago/DescribeProduct.ts';
import { publishProduct } from '../operations/imago/PublishProduct.ts';
import { VulnerabilityFeed } from '../vulnerabilities/vulnerability-feed.ts';
import { TestImago } from './test-imago.ts';

async function imageOf(imago: TestImago, files: Files) {
  const { account } = imago.caller;
  const disk = new BufferDisk(await makeFileSystem({ ...cleanSystem, ...files }), gibBytes);
  return (await imago.image({ account, launchPermissions: [] }, disk)).id;
}

async function checked(imago: TestImago, ImageId: string) {
  await imago.call(checkImage, { ImageId });
  await imago.untilQuiet();
  return (await imago.call(getImageFindings, { ImageId })).ImageFindings ?? [];
}

test('findings are kept with the image, as old as they are', async () => {
  await using imago = await TestImago.start();
  const ImageId = await imageOf(imago, {
    'etc/machine-id': '0123456789abcdef',
    'root/.ssh/authorized_keys': 'ssh-rsa A',
  });
  const unchecked = await imago.call(getImageFindings, { ImageId });
  assert.deepEqual(unchecked.ImageFindings, []);
  const found = await checked(imago, ImageId);
  assert.deepEqual(
    found.map(({ SeverityLabel, Score, Paths, FixAvailable }) => [
      SeverityLabel,
      Score,
      Paths,
      FixAvailable,
    ]),
    [
      ['high', 8, ['/root/.ssh/authorized_keys'], true],
      ['medium', 5, ['/etc/machine-id'], true],
    ],
  );
  assert.match(found[0]?.Title ?? '', /^authorized-keys: Keys .*\. Remove the authorized_keys/);
  const image = await imago.catalog.read(({ images }) => images.get(ImageId));
  assert.equal(found[0]?.SnapshotId, image?.blockDeviceMappings[0]?.ebs.snapshotId);

  await delay(2);
  const [again] = await checked(imago, ImageId);
  assert.deepEqual(again?.FirstObservedAt, found[0]?.FirstObservedAt);
  assert.ok((again?.UpdatedAt ?? 0) > (found[0]?.UpdatedAt ?? 0));

  const { Images = [] } = await imago.call(describeImages, { ImageIds: [ImageId] });
  const { ScanResults } = Images[0] ?? {};
  assert.equal(ScanResults?.HighestFindingSeverityLabel, 'high');
  assert.deepEqual(ScanResults?.FindingScanDate, again?.UpdatedAt);
  assert.deepEqual(ScanResults?.MediumFixAvailableSince, again?.FirstObservedAt);
  assert.equal(ScanResults?.CriticalFixAvailableSince, undefined);
  for (const [name, value, count] of [
    ['highest-finding-severity-label', 'high', 1],
    ['highest-finding-severity-label', 'medium', 0],
    ['finding-scan-date', again?.UpdatedAt?.toISOString() ?? '', 1],
    ['high-fix-available-since', again?.FirstObservedAt?.toISOString() ?? '', 1],
    ['low-fix-available-since', '*', 0],
  ] as const) {
    const Filters = [{ Name: `scan-result.${name}`, Values: [value] }];
    const answer = await imago.call(describeImages, { Filters });
    assert.equal(answer.Images?.length, count, name);
  }
});

test('pages of findings', async () => {
  await using imago = await TestImago.start();
  const ImageId = await imageOf(imago, {
    'etc/machine-id': '0123456789abcdef',
    'etc/shadow': 'root::1\nme:$y$a:1\n',
    'etc/ssh/ssh_host_rsa_key': 'k',
    'etc/ssh/sshd_config': 'PermitRootLogin yes\n',
    'root/.bash_history': 'ls',
  });
  const all = await checked(imago, ImageId);
  assert.equal(all.length, 7);
  const page = { ImageId, MaxResults: 5 };
  const first = await imago.call(getImageFindings, page);
  const { NextToken } = first;
  const second = await imago.call(getImageFindings, { ...page, NextToken });
  const both = [...(first.ImageFindings ?? []), ...(second.ImageFindings ?? [])];
  assert.deepEqual(both, all);
  assert.equal(second.NextToken, undefined);
});

test('a finding of high severity refuses a publication and says what to do; a lesser does not', async () => {
  await using imago = await TestImago.start();
  const bad = await imageOf(imago, { 'etc/ssh/ssh_host_rsa_key': 'k', 'root/.bash_history': 'ls' });
  const ordered = await imago.call(publishProduct, { ImageId: bad, Title: 'Web' });
  const [task] = await imago.untilQuiet();
  assert.equal(task?.state, 'failed');
  assert.match(task?.error?.message ?? '', /Host keys.*ssh_host_rsa_key.*Remove them/);
  const { ProductCode } = ordered.Product;
  const { Product: product } = await imago.call(describeProduct, { ProductCode });
  const [version] = product.Versions;
  assert.equal(version?.Status, 'refused');
  assert.match(version.StatusReason ?? '', /Host keys/);
  const ofBad = await imago.call(getImageFindings, { ImageId: bad });
  assert.equal(ofBad.ImageFindings?.length, 2);

  const good = await imageOf(imago, { 'root/.bash_history': 'ls' });
  const again = await imago.call(publishProduct, { ImageId: good, ProductCode });
  await imago.untilQuiet();
  const { ImageFindings } = await imago.call(getImageFindings, { ImageId: again.ImageId });
  const [published] =
    (await imago.call(describeImages, { ImageIds: [again.ImageId] })).Images ?? [];
  const { SnapshotId } = published?.BlockDeviceMappings?.[0]?.Ebs ?? {};
  assert.deepEqual(
    ImageFindings?.map((each) => [each.SeverityLabel, each.SnapshotId]),
    [['medium', SnapshotId]],
  );
});

test('vulnerable packages by the feed of the operator, as it is now', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imago-feed-'));
  const feed = path.join(folder, 'tracker.json');
  const releases = (fixed_version: string) => ({
    bookworm: { status: 'resolved', fixed_version, urgency: 'high' },
  });
  const curl = { 'CVE-2023-1': { releases: releases('8') } };
  const hostile = '\x1b[2Jx';
  try {
    await writeFile(feed, JSON.stringify({ curl, bash: { 'CVE-2': { releases: releases('1') } } }));
    const vulnerabilities = new VulnerabilityFeed(feed);
    await using imago = await TestImago.start({ vulnerabilities });
    const stanza = (name: string, version: string) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: ${version}\n`;
    const ImageId = await imageOf(imago, {
      'etc/os-release': 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
      'var/lib/dpkg/status': `${stanza('curl', `7${hostile}`)}\n${stanza('bash', '5')}`,
    });
    const [found, ...others] = await checked(imago, ImageId);
    assert.deepEqual(others, []);
    assert.match(found?.Title ?? '', /^vulnerable-package: curl 7\\x1b\[2Jx has known/);
    assert.equal(found?.SeverityLabel, 'high');
    assert.deepEqual(found?.Paths, ['CVE-2023-1 (curl 7\\x1b[2Jx, fixed in 8)']);
    await writeFile(feed, 'no JSON');
    const [unread] = await checked(imago, ImageId);
    assert.deepEqual(unread?.Paths, ['tracker.json is no JSON']);
    await writeFile(
      feed,
      JSON.stringify({ curl: { 'CVE-3': { releases: { bookworm: { status: 'open' } } } } }),
    );
    const [unfixed] = await checked(imago, ImageId);
    assert.equal(unfixed?.FixAvailable, false);
    assert.equal(unfixed?.SeverityLabel, 'low');
  } finally {
    await rm(folder, { recursive: true });
  }
});
