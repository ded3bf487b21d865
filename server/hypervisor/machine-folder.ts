/**
 * The folders of a machine: one of Imago's own, with its records, and in it QEMU's, with its
 * sockets.
 *
 *   i-…/          0711, Imago's: machine.json, pivot.json, guest.json, qemu.log, console.log,
 *                 uefi-template.fd
 *   i-…/machine/  2770, owner the machine's user, group the data plane's: each reaches the other's
 *                 sockets, nobody else does; in it tpm/, what a TPM keeps
 *
 * What the machine's user can change is never followed by root: such a tree is removed as that
 * user. Machines of layout 1 have one folder, which is their user's.
 */
import { execFile } from 'node:child_process';
import { chmod, chown, constants, lstat, mkdir, open, readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { socketsFolder } from '../foundations/home.ts';
import { asIdentity, type UnprivilegedIdentity } from '../foundations/unprivileged.ts';
import type { MachineLayout } from './hypervisor.ts';

export interface MachineFolder {
  folder: string;
  layout: MachineLayout;
  /** Where Imago runs as root: the machine's user, and whom it shares its sockets with. */
  owner?: UnprivilegedIdentity;
  dataPlane?: UnprivilegedIdentity;
}

/** May be repeated; a machine that is there is not touched. */
export async function makeMachineFolder(machine: MachineFolder): Promise<void> {
  const { folder, layout, owner, dataPlane } = machine;
  if (layout === 1) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    if (owner) await chown(folder, owner.uid, owner.gid);
    return;
  }
  await mkdir(folder, { recursive: true });
  // One that was a machine's of layout 1 is Imago's from now on, and what was laid into it is not
  // followed.
  if (owner) await chown(folder, 0, 0);
  await chmod(folder, owner ? 0o711 : 0o700);
  const sockets = socketsFolder(folder, layout);
  await mkdir(sockets).catch(ignorePresent);
  if (!(await lstat(sockets)).isDirectory()) throw new Error(`${sockets} is not a folder`);
  if (!owner) return chmod(sockets, 0o700);
  await chown(sockets, owner.uid, dataPlane?.gid ?? owner.gid);
  // After the change of owner, which takes the bit away: sockets made in it get the folder's group.
  await chmod(sockets, 0o2770);
}

/** Everything of a machine that has ended; nothing where there is no such folder. */
export async function removeMachineFolder(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return rm(folder, { recursive: true, force: true });
  const sockets = socketsFolder(folder, 2);
  for (const tree of [sockets, folder]) await emptyAsOwner(tree);
  // Nothing here goes deeper than what Imago made itself.
  await rmdir(sockets).catch(ignoreAbsent);
  const names = await readdir(folder).catch(ignoreAbsent);
  for (const name of names ?? []) await rm(path.join(folder, name), { force: true });
  await rmdir(folder).catch(ignoreAbsent);
}

/** A folder that a machine's user laid where a socket belongs; anything else is left. */
export async function removeFolderOfUser(folder: string): Promise<void> {
  const stats = await lstat(folder).catch(ignoreAbsent);
  if (!stats?.isDirectory()) return;
  if (process.getuid?.() !== 0) return rm(folder, { recursive: true, force: true });
  await emptyAsOwner(folder);
  await rmdir(folder).catch(ignoreAbsent);
}

async function emptyAsOwner(tree: string): Promise<void> {
  const stats = await lstat(tree).catch(ignoreAbsent);
  if (!stats?.isDirectory() || stats.uid === 0) return;
  const asOwner = (...command: string[]) => {
    const [program = '', ...args] = [...asIdentity(stats), ...command];
    return promisify(execFile)(program, args, { cwd: tree });
  };
  // Its user may have closed it, or folders in it, to itself.
  await openToOwner(tree);
  await asOwner('find', '.', '-type', 'd', '-exec', 'chmod', 'u+rwx', '{}', ';');
  await asOwner('find', '.', '-mindepth', '1', '-delete');
}

async function openToOwner(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_DIRECTORY | constants.O_NOFOLLOW);
  await handle.chmod(0o700);
}

function ignorePresent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
