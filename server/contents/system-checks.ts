/** The identity of a system, and whom its SSH server lets in. */

import type { FileTree } from './file-tree.ts';
import type { Findings } from './findings.ts';
import { addFilled, namesIn } from './home-checks.ts';
import { readSshdConfig, type SshdSetting, valuesOf } from './sshd-config.ts';

const cloudFolder = '/var/lib/cloud';

export async function checkSystem(files: FileTree, found: Findings): Promise<void> {
  await checkIdentity(files, found);
  await checkCloudInit(files, found);
  await checkSshd(files, found);
}

async function checkIdentity(files: FileTree, found: Findings): Promise<void> {
  for (const [folder, pattern] of [
    ['/etc/ssh', /^ssh_host_\w+_key$/],
    ['/etc/dropbear', /^dropbear_\w+_host_key$/],
  ] as const) {
    for (const name of (await namesIn(files, folder)).filter((each) => pattern.test(each))) {
      await addFilled(files, found, 'host-keys', `${folder}/${name}`);
    }
  }
  for (const file of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    const id = (await files.readFile(file, 64))?.toString('latin1').trim() ?? '';
    // systemd's word for one that the first boot is to fill in.
    if (id !== '' && id !== 'uninitialized') found.add('machine-id', file);
  }
}

async function checkCloudInit(files: FileTree, found: Findings): Promise<void> {
  const names = await namesIn(files, cloudFolder);
  // A link to the folder of the instance that it was.
  if (names.includes('instance')) found.add('cloud-init-state', `${cloudFolder}/instance`);
  for (const name of (await namesIn(files, `${cloudFolder}/instances`)).slice(0, 10)) {
    found.add('cloud-init-state', `${cloudFolder}/instances/${name}`);
  }
}

async function checkSshd(files: FileTree, found: Findings): Promise<void> {
  const settings = await readSshdConfig({
    readFile: (path, maxBytes) => files.readFile(path, maxBytes),
    names: (path) => namesIn(files, path),
  });
  if (settings === undefined) return;
  // OpenSSH's default lets passwords in, and root by a key only.
  const passwords = valuesOf(settings, 'passwordauthentication');
  if (!passwords.some(({ conditional }) => !conditional)) {
    found.add('ssh-password', '/etc/ssh/sshd_config');
  }
  addValues(found, 'ssh-password', passwords, (value) => value !== 'no');
  const root = valuesOf(settings, 'permitrootlogin');
  addValues(found, 'ssh-root', root, (value) => value === 'yes');
}

function addValues(
  found: Findings,
  check: Parameters<Findings['add']>[0],
  settings: readonly SshdSetting[],
  isWrong: (value: string) => boolean,
): void {
  for (const { value, file } of settings) {
    if (isWrong(value.toLowerCase())) found.add(check, file);
  }
}
