/**
 * Where the data plane's files are: its own folder, which only it and root may enter, and beside it what Imago
 * alone writes.
 */
import path from 'node:path';
import type { Home } from '../foundations/home.ts';

export function dataPlaneFiles({ runFolder }: Home) {
  const folder = path.join(runFolder, 'data-plane');
  return {
    folder,
    socketPath: path.join(folder, 'data-plane.sock'),
    secretFile: path.join(folder, 'imds-secret'),
    recordFile: path.join(runFolder, 'data-plane.pid'),
    logFile: path.join(runFolder, 'data-plane.log'),
    /** Ids of the guests that there are: the process may not list their folders. */
    listFile: path.join(runFolder, 'guests.json'),
  };
}
