/** Where the data plane's files are. */
import path from 'node:path';
import type { Home } from '../foundations/home.ts';
import { processFiles } from '../processes/process-files.ts';

export function dataPlaneFiles({ runFolder }: Home) {
  const files = processFiles(runFolder, 'data-plane');
  return {
    ...files,
    secretFile: path.join(files.folder, 'imds-secret'),
    /** Ids of the guests that there are: the process may not list their folders. */
    listFile: path.join(runFolder, 'guests.json'),
  };
}
