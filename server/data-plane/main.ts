/**
 * The data plane, a process of its own: serves the guests of one home their disks, frames and metadata, so that neither a
 * busy control plane nor its restart is felt by a guest. Composition root; reads its arguments and no environment.
 *
 *   main.ts --home DIR --version TEXT [--uid N --gid N]
 *
 * Where it is root it opens what only root may (control socket, secret), then drops to the given identity for good, and only
 * then touches anything that a guest can influence. A failure that nobody expected ends the process: the control plane
 * starts it again, and QEMU's reconnects bridge the gap.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { FsBlockReader } from '../blocks/fs/fs-block-reader.ts';
import { Home } from '../foundations/home.ts';
import { jsonLog, type Log } from '../foundations/log.ts';
import type { UnprivilegedIdentity } from '../foundations/unprivileged.ts';
import { createUserModeNetwork } from '../network/user-mode/link.ts';
import {
  callControlSocket,
  controlSocketPath,
  guardControlSocket,
  serveControlSocket,
} from './control-socket.ts';
import { Guests, listInstanceIds } from './guests.ts';

/**
 * Plain blocks in memory, shared by all guests: what a Debian boot reads (115 MB) four times over, so that a fleet of a few
 * images boots from memory, on a host that has less memory than a guest or two more.
 */
const cacheBytes = 512 * 1024 * 1024;
const secretBytes = 32;

async function main(log: Log): Promise<void> {
  const { home, version, identity } = parseArguments();
  // Sockets and files of this process are its owner's alone.
  process.umask(0o077);
  const socketPath = controlSocketPath(home);
  if (await isServed(socketPath)) throw new Error(`another data plane serves ${home.folder}`);
  const secret = await readOrMakeSecret(path.join(home.runFolder, 'imds-secret'));
  const loading = Promise.withResolvers<Guests>();
  await serveControlSocket(socketPath, version, loading.promise);
  const instanceIds = await listInstanceIds(home);
  await guardControlSocket(socketPath, () => {
    log.error('the control socket is gone');
    process.exit(1);
  });
  if (identity) dropPrivileges(identity);
  const guests = new Guests(home, {
    blocks: new CachedBlockReader(new FsBlockReader(home.blocksFolder), {
      capacityBytes: cacheBytes,
    }),
    network: createUserModeNetwork({ log }),
    secret,
    log,
  });
  await guests.loadAll(instanceIds);
  loading.resolve(guests);
  log.info('data plane serves', { pid: process.pid, version, guests: guests.status().length });
}

function parseArguments() {
  const { values } = parseArgs({
    options: {
      home: { type: 'string' },
      version: { type: 'string' },
      uid: { type: 'string' },
      gid: { type: 'string' },
    },
  });
  if (!values.home || !values.version) throw new Error('--home and --version are needed');
  const identity =
    values.uid && values.gid ? { uid: Number(values.uid), gid: Number(values.gid) } : undefined;
  return { home: new Home(values.home), version: values.version, identity };
}

async function isServed(socketPath: string): Promise<boolean> {
  return callControlSocket(socketPath, 'GET', '/status').then(
    () => true,
    () => false,
  );
}

/** Kept, so that session tokens of guests survive this process. */
async function readOrMakeSecret(file: string): Promise<Buffer> {
  const existing = await readFile(file).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (existing?.length === secretBytes) return existing;
  const secret = randomBytes(secretBytes);
  await writeFile(`${file}.new`, secret, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return secret;
}

function dropPrivileges({ uid, gid }: UnprivilegedIdentity): void {
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

const log = jsonLog((line) => process.stderr.write(line));
const die = (message: string) => (error: unknown) => {
  log.error(message, { error });
  process.exit(1);
};
process.on('uncaughtException', die('data plane failed'));
process.on('unhandledRejection', die('data plane failed'));
process.on('SIGTERM', () => process.exit(0));
await main(log).catch(die('data plane cannot start'));
