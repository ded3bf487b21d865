/** Where the port forwarder's files are: a folder for its socket, and what Imago alone writes beside it. */
import path from 'node:path';
import type { ForwardedPort } from './port-forwarder.ts';

export function portForwarderFiles(runFolder: string) {
  const folder = path.join(runFolder, 'port-forwarder');
  return {
    folder,
    socketPath: path.join(folder, 'port-forwarder.sock'),
    recordFile: path.join(runFolder, 'port-forwarder.pid'),
    logFile: path.join(runFolder, 'port-forwarder.log'),
    /** The ports of each guest, where they really are. */
    stateFile: path.join(runFolder, 'ports.json'),
  };
}

/** By instance; empty where nothing was ever forwarded. */
export type PortsOnRecord = Record<string, ForwardedPort[]>;

export async function readPorts(
  stateFile: string,
  readFile: (file: string, encoding: 'utf8') => Promise<string>,
): Promise<PortsOnRecord> {
  const text = await readFile(stateFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  return JSON.parse(text);
}
