/** Guests and volumes of which a home has files, whatever rows say. */
import { readdir } from 'node:fs/promises';
import type { Home } from '../../foundations/home.ts';
import type { Host } from '../host.ts';

export async function belongingsOf(home: Home): ReturnType<Host['belongings']> {
  return {
    instanceIds: await idsIn(home.instancesFolder, /^i-[0-9a-f]{17}$/),
    volumeIds: await idsIn(home.volumesFolder, /^vol-[0-9a-f]{17}$/),
  };
}

/** Anything else in the folder is not Imago's. */
async function idsIn(folder: string, form: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => form.test(name));
}
