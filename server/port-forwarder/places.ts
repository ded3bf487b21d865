/** Where the port forwarder's files are. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { processFiles } from '../processes/process-files.ts';
import type { ForwardedPort } from './port-forwarder.ts';

export function portForwarderFiles(runFolder: string) {
  return {
    ...processFiles(runFolder, 'port-forwarder'),
    /** The ports of each guest, where they really are. */
    stateFile: path.join(runFolder, 'ports.json'),
  };
}

/** By instance; empty where nothing was ever forwarded. */
export type PortsOnRecord = Record<string, ForwardedPort[]>;

export async function readPorts(stateFile: string): Promise<PortsOnRecord> {
  const text = await readFile(stateFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  return JSON.parse(text);
}
