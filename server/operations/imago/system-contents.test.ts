/** What the system in an image is, and its bills of materials, as they are answered. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rootDisk } from '../../catalog/test-rows.ts';
import { parseCrontab } from '../../contents/crontabs.ts';
import { BufferDisk } from '../../contents/test-file-systems.ts';
import { bootId, debianDisk } from '../../contents/test-systems.ts';
import { uploadDisk } from '../../disk/upload-layers.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertSnapshot } from '../test-images.ts';
import { describeImageContents } from './DescribeImageContents.ts';
import { getImageBillOfMaterials } from './GetImageBillOfMaterials.ts';

const more = {
  'etc/hostname': '# a comment\nweb\n',
  'etc/localtime': 'link:/usr/share/zoneinfo/Europe/Berlin',
  'etc/systemd/system/multi-user.target.wants/ssh.service': 'link:/lib/systemd/system/ssh.service',
  'etc/systemd/system/sshd.service': 'link:/lib/systemd/system/ssh.service',
  'etc/systemd/system/timers.target.wants/apt.timer': 'link:/lib/systemd/system/apt.timer',
  'etc/systemd/system/sockets.target.requires/apt.timer': 'link:/x',
  'etc/systemd/system/bluetooth.service': 'link:/dev/null',
  'lib/systemd/system/ssh.service': '',
  'etc/rc3.d/S01ssh': 'link:../init.d/ssh',
  'etc/rc3.d/S02old': 'link:../init.d/old',
  'etc/rc3.d/K01gone': 'link:../init.d/gone',
  'etc/runlevels/default/chronyd': 'link:/etc/init.d/chronyd',
  'etc/crontab': 'SHELL=/bin/sh\n# m h\n17 * * * * root run-parts /etc/cron.hourly\n',
  'etc/cron.daily/apt-compat': '#!/bin/sh\n',
  'etc/cron.daily/.placeholder': '',
  'var/spool/cron/crontabs/me': '@reboot  /home/me/start now\n',
  'etc/ssh/sshd_config': 'PermitRootLogin no\nMatch User me\nPasswordAuthentication yes\n',
  'etc/sudoers': 'Defaults env_reset\n%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n',
  'etc/sudoers.d/90-me': 'me  ALL=(ALL) NOPASSWD:ALL\n',
  'lib/modules/6.1.0/modules.dep': '',
  'srv/data/a': Buffer.alloc(300_000),
};

let context: TestContext;
let ImageId: string;
before(async () => {
  context = await createTestContext();
  const disk = new BufferDisk(await debianDisk(more));
  const { root } = await uploadDisk({ store: context.store, disk });
  const { id } = await insertSnapshot(context, { root });
  ({ id: ImageId } = await insertImage(context, { blockDeviceMappings: rootDisk(1, id) }));
});
after(() => context[Symbol.asyncDispose]());

test('the system, its disks and kernels', async () => {
  const told = await describeImageContents.run({ ImageId, FolderSizes: true }, context);
  assert.deepEqual(told.System, {
    Id: 'debian',
    Name: 'Debian GNU/Linux 12 (bookworm)',
    Version: '12',
    Codename: 'bookworm',
    Hostname: 'web',
    TimeZone: 'Europe/Berlin',
  });
  assert.deepEqual(told.Kernels, [
    { Version: '6.1.0', Image: '/boot/vmlinuz-6.1.0', Modules: true },
  ]);
  assert.deepEqual(told.Packages, [{ Manager: 'dpkg', Count: 2 }]);
  const mounts = told.Partitions.map((part) => [part.Number, part.MountPath, part.FileSystem]);
  assert.deepEqual(mounts, [
    [1, '/boot', 'ext4'],
    [2, '/', 'ext4'],
  ]);
  assert.equal(told.Partitions[0]?.Uuid, bootId);
  const [root, srv, data] = told.Folders ?? [];
  assert.deepEqual([root?.Path, srv?.Path, data?.Path], ['/', '/srv', '/srv/data']);
  assert.deepEqual([data?.SizeBytes, data?.Files], [300_000, 1]);
  const without = await describeImageContents.run({ ImageId }, context);
  assert.deepEqual({ ...without, Folders: told.Folders }, told);
});

test('who gets in, what starts, and when', async () => {
  const told = await describeImageContents.run({ ImageId }, context);
  assert.deepEqual(
    told.Users.map(({ Name, Password, Groups }) => [Name, Password, Groups]),
    [
      ['root', 'locked', ['root']],
      ['me', 'set', ['me', 'adm']],
    ],
  );
  assert.deepEqual(
    told.Services.map(({ Name, Manager, State, For }) => [Name, Manager, State, For.join()]),
    [
      ['apt.timer', 'systemd', 'enabled', 'sockets.target,timers.target'],
      ['bluetooth.service', 'systemd', 'masked', ''],
      ['chronyd', 'openrc', 'enabled', 'default'],
      ['old', 'sysvinit', 'enabled', '3'],
      ['ssh.service', 'systemd', 'enabled', 'multi-user.target'],
    ],
  );
  assert.deepEqual(
    told.Crontab.map(({ Schedule, User, Command }) => [Schedule, User, Command]),
    [
      ['17 * * * *', 'root', 'run-parts /etc/cron.hourly'],
      ['@reboot', 'me', '/home/me/start now'],
      ['daily', 'root', '/etc/cron.daily/apt-compat'],
    ],
  );
  assert.deepEqual(
    told.Ssh.map(({ Name, Value, Conditional }) => [Name, Value, Conditional]),
    [
      ['PermitRootLogin', 'no', false],
      ['PasswordAuthentication', 'yes', true],
    ],
  );
  assert.deepEqual(
    told.Sudo.map(({ Line }) => Line),
    ['%sudo ALL=(ALL:ALL) ALL', 'me ALL=(ALL) NOPASSWD:ALL'],
  );
  assert.deepEqual(parseCrontab('* * * * * root\n* * * *\nX=1\n'), []);
});

test('bills of materials name every package, and are the same each time', async () => {
  const ask = async (Format: 'cyclonedx' | 'spdx') =>
    (await getImageBillOfMaterials.run({ ImageId, Format }, context)).Document as never;
  const bom: { specVersion: string; components: Record<string, unknown>[] } =
    await ask('cyclonedx');
  assert.equal(bom.specVersion, '1.6');
  assert.deepEqual(
    bom.components.map(({ name, version, purl, licenses }) => [name, version, purl, licenses]),
    [
      [
        'bash',
        '5.2.15-2+b7',
        'pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12&upstream=bash%405.2.15-2',
        [{ license: { name: 'GPL-3+ AND GFDL-1.3' } }],
      ],
      [
        'zlib1g',
        '1:1.2.13.dfsg-1',
        'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12&upstream=zlib',
        [{ license: { name: 'GPL-2' } }],
      ],
    ],
  );
  const document: { packages: Record<string, unknown>[]; relationships: unknown[] } =
    await ask('spdx');
  assert.deepEqual(
    document.packages.map(({ name, licenseDeclared }) => [name, licenseDeclared]).slice(1),
    [
      ['bash', 'NOASSERTION'],
      ['zlib1g', 'NOASSERTION'],
    ],
  );
  assert.equal(document.relationships.length, 3);
  for (const format of ['cyclonedx', 'spdx'] as const) {
    assert.deepEqual(await ask(format), await ask(format));
  }
  const wrong = getImageBillOfMaterials.run({ ImageId, Format: 'x' as 'spdx' }, context);
  await assert.rejects(wrong, { code: 'InvalidParameterValue' });
});
