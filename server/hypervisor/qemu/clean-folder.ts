/**
 * Nothing of a machine that has ended may be taken for a running one, or be in the way of its next
 * start: folders that its user laid in the place of sockets neither. Its console, UEFI variables
 * and TPM stay, and so does the data plane's socket.
 */
import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { socketsFolder } from '../../foundations/home.ts';
import { removeFolderOfUser } from '../machine-folder.ts';
import { nbdSocket } from './block-graph.ts';
import {
  agentSocket,
  consoleSocket,
  nicSocket,
  qmpSocket,
  tpmSocket,
  uplinkSocket,
} from './command-line.ts';
import { forgetProcess } from './process.ts';
import { endTpm } from './tpm.ts';

export async function cleanFolder(folder: string): Promise<void> {
  await endTpm(folder);
  forgetProcess(folder);
  const own = [qmpSocket, agentSocket, nicSocket, uplinkSocket, consoleSocket, tpmSocket];
  for (const sockets of [1, 2].map((layout) => socketsFolder(folder, layout))) {
    for (const name of own) await unlinkSocket(path.join(sockets, name));
    for (const name of [...own, nbdSocket]) await removeFolderOfUser(path.join(sockets, name));
  }
}

async function unlinkSocket(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EISDIR') throw error;
  }
}
