/** What is found in going through all files of a system, and what is not. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, rename } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { reviewSystem } from './system-review.ts';
import {
  BufferDisk,
  changed,
  cleanSystem,
  type Files,
  makeFileSystem,
} from './test-file-systems.ts';

type Prepare = (folder: string) => Promise<void>;

async function review(files: Files, prepare?: Prepare, commands: string[] = []) {
  const made = await makeFileSystem({ ...cleanSystem, ...files }, { prepare });
  const system = commands.length > 0 ? await changed(made, ...commands) : made;
  const found = await reviewSystem([new BufferDisk(system)], { unsupported: () => undefined });
  return Object.fromEntries(found.map((each) => [each.check, each.paths]));
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** A system with a package of dpkg, whose files are these. */
function withPackage(files: Readonly<Record<string, string>>, more: Files = {}): Files {
  const paths = Object.keys(files);
  return {
    ...files,
    'var/lib/dpkg/status':
      'Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n',
    'var/lib/dpkg/info/tool.list': ['/.', ...paths.map((each) => `/${each}`), ''].join('\n'),
    'var/lib/dpkg/info/tool.md5sums': paths
      .map((each) => `${md5(files[each] as string)}  ${each}\n`)
      .join(''),
    ...more,
  };
}

const modes =
  (wanted: Readonly<Record<string, number>>): Prepare =>
  async (folder) => {
    for (const [name, mode] of Object.entries(wanted)) await chmod(path.join(folder, name), mode);
  };

describe('files of packages', () => {
  const brought = { 'usr/bin/tool': 'a program', 'usr/share/tool/data': 'data' };

  test('that are as they were are not told', async () => {
    assert.deepEqual(await review(withPackage(brought)), {});
  });

  test('that are not, or are gone', async () => {
    const files = withPackage(brought, { 'usr/bin/tool': 'another' });
    const found = await review(files, (folder) =>
      rename(path.join(folder, 'usr/share/tool/data'), path.join(folder, 'usr/share/tool/moved')),
    );
    assert.deepEqual(found, {
      'package-file-changed': ['/usr/bin/tool (tool)'],
      'package-file-missing': ['/usr/share/tool/data (tool)'],
    });
  });

  test('behind links of folders, and where diversions put them', async () => {
    const files = withPackage({ 'usr/bin/tool': 't', 'usr/lib/x': 'x' });
    const found = await review({
      ...files,
      bin: 'link:usr/bin',
      'usr/lib/x': 'of another',
      'usr/lib/x.tool': 'x',
      'var/lib/dpkg/diversions': '/usr/lib/x\n/usr/lib/x.tool\nanother\n',
      'var/lib/dpkg/info/tool.list': '/bin/tool\n/usr/lib/x\n',
      'var/lib/dpkg/info/tool.md5sums': `${md5('t')}  bin/tool\n${md5('x')}  usr/lib/x\n`,
    });
    assert.deepEqual(found, {});
  });

  test('that are configuration, or were taken over by another, are not compared', async () => {
    const files = withPackage(
      { 'etc/tool.conf': 'as it came', 'usr/lib/old': 'old' },
      {
        'etc/tool.conf': 'as it is wanted',
        'usr/lib/old': 'new',
        'var/lib/dpkg/info/tool.conffiles': '/etc/tool.conf\n',
        'var/lib/dpkg/info/tool.list': '/etc/tool.conf\n',
      },
    );
    assert.deepEqual(await review(files), {});
  });

  test('of apk', async () => {
    const sum = createHash('sha1').update('busy').digest('base64');
    const database = `P:busybox\nV:1\nA:x86_64\nF:bin\nR:busybox\na:0:0:755\nZ:Q1${sum}\n\n`;
    const files = { 'lib/apk/db/installed': database, 'bin/busybox': 'busy' };
    assert.deepEqual(await review(files), {});
    const changed = await review({ ...files, 'bin/busybox': 'other' });
    assert.deepEqual(changed, { 'package-file-changed': ['/bin/busybox (busybox)'] });
  });
});

describe('modes', () => {
  test('programs with the bits to run as others, of no package', async () => {
    const files = withPackage(
      { 'usr/bin/su': 'su' },
      { 'usr/local/bin/root': 'r', 'usr/bin/wall': 'w', 'srv/shared': 's' },
    );
    const wanted = {
      'usr/bin/su': 0o4755,
      'usr/local/bin/root': 0o4755,
      'usr/bin/wall': 0o2755,
      'srv/shared': 0o2644,
    };
    assert.deepEqual(await review(files, modes(wanted)), {
      'setuid-unowned': ['/usr/bin/wall', '/usr/local/bin/root'],
    });
  });

  test('programs with capabilities, of no package; what is encrypted is told, and what is behind it read', async () => {
    const files = withPackage(
      { 'usr/bin/ping': 'p' },
      { 'usr/local/bin/sniff': 's', 'srv/closed/x': 'x', 'srv/secret': 'y' },
    );
    const commands = [
      'ea_set /usr/bin/ping security.capability \\001\\000',
      'ea_set /usr/local/bin/sniff security.capability \\001\\000',
      // The flags of both besides that their maps are of extents.
      'sif /srv/closed flags 0x80800',
      'sif /srv/secret flags 0x80800',
    ];
    const found = await review(files, undefined, commands);
    assert.deepEqual(Object.keys(found), ['capability-unowned', 'system-unread']);
    assert.match(found['capability-unowned']?.join() ?? '', /^\/usr\/local\/bin\/sniff \(/);
    assert.deepEqual(found['system-unread'], [
      '/srv/closed is encrypted',
      '/srv/secret is encrypted',
    ]);
  });

  test('without packages nobody knows whose they are', async () => {
    const found = await review({ 'bin/su': 's' }, modes({ 'bin/su': 0o4755 }));
    assert.deepEqual(found, {});
  });

  test('what everybody may write, where programs and configuration are', async () => {
    const files = {
      'usr/bin/a': 'a',
      'opt/tools/b': 'b',
      'etc/environment': 'PATH="/usr/bin:/opt/tools"\n',
      'etc/a.conf': 'c',
      'usr/share/x': 'x',
      bin: 'link:usr/bin',
      'etc/link': 'link:a.conf',
    };
    const wanted = {
      'usr/bin/a': 0o777,
      'opt/tools': 0o777,
      'etc/a.conf': 0o666,
      'usr/share/x': 0o666,
    };
    assert.deepEqual(await review(files, modes(wanted)), {
      'writable-configuration': ['/etc/a.conf'],
      'writable-path': ['/opt/tools', '/usr/bin/a'],
    });
    assert.deepEqual(await review(files), {});
  });
});

describe('secrets', () => {
  const body = `${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(2)}\n`;
  const begin = (what: string) => `-----BEGIN ${what}PRIVATE KEY-----\n`;
  const key = `${begin('')}${body}`;
  // In pieces, so that what looks for tokens in sources does not find them here.
  const access = `AKI${'A'}QWERTYUIOPASDFGH`;
  const github = `gh${'p'}_${'a1B2c3D4e5F6'.repeat(3)}`;

  test('keys and tokens, wherever they are', async () => {
    const found = await review({
      'etc/ssl/private/web.pem': `a certificate\n${key}`,
      'opt/app/config.json': `{"key":"${key.replaceAll('\n', '\\n')}"}`,
      'srv/run.sh': `export AWS_ACCESS_KEY_ID=${access}\n`,
      'var/www/.env': `A=1\nB=2\nGITHUB=${github}\n`,
    });
    assert.deepEqual(found, {
      'access-token': [
        '/srv/run.sh (an AWS access key, line 1)',
        '/var/www/.env (a token of GitHub, line 3)',
      ],
      'private-key': [
        '/etc/ssl/private/web.pem (a private key, line 2)',
        '/opt/app/config.json (a private key, line 1)',
      ],
    });
  });

  test('not where there is only their form, nor in files that packages brought', async () => {
    const files = withPackage({ 'usr/lib/tests/key.pem': key });
    const more = { 'opt/parser': `looks for ${begin('RSA ')} and ${access.slice(0, -1)}` };
    assert.deepEqual(await review({ ...files, ...more }), {});
    const changed = await review({ ...files, 'usr/lib/tests/key.pem': `${key}\n` });
    assert.ok(changed['private-key']);
  });

  test('what is called one and drawn at random, where people put it', async () => {
    const random = 'q7Xv9Lm2Kp4Rt8Wz1Yc5';
    const found = await review({
      'srv/a.conf': `db_password = ${random}\n`,
      'srv/b.conf': 'password = correct-horse-battery\nsecret=/etc/secret/path/Of9File\n',
      'srv/c.conf': `password=CHANGEME${random}\n`,
      'usr/lib/d.conf': `password=${random}\n`,
    });
    const what = 'what is called a secret and drawn at random';
    assert.deepEqual(found, { 'secret-likely': [`/srv/a.conf (${what}, line 1)`] });
  });

  test('files in which programs keep passwords, if there is one in them', async () => {
    const found = await review({
      'root/.netrc': 'machine a login b password c\n',
      'srv/me/.pgpass': '#host:port:db:user:pw\n*:5432:app:me:pw\n',
      'home/me/.kube/config': 'users:\n- user:\n    token: abc\n',
      'home/me/.npmrc': 'registry=https://registry.example\n',
      'root/.pgpass': '# host:port:database:user:password\n',
      'home/you/.docker/config.json': '{"credsStore":"secretservice"}',
    });
    assert.deepEqual(found, {
      'stored-password': ['/home/me/.kube/config', '/root/.netrc', '/srv/me/.pgpass'],
    });
  });
});
