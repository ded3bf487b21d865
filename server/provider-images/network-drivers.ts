/** Which drivers of EC2's network devices a built system has: what its image may say of itself. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

export interface NetworkDrivers {
  enaSupport?: true;
  /** Intel's 82599. */
  sriovNetSupport?: 'simple';
}

/** Every kernel that is in the root has them; a root without loadable drivers has none. */
export async function networkDrivers(rootFolder: string): Promise<NetworkDrivers> {
  const modules = path.join(rootFolder, 'usr/lib/modules');
  const kernels = await readdir(modules).catch(() => []);
  const drivers = await Promise.all(
    kernels.map((kernel) => readdir(path.join(modules, kernel), { recursive: true })),
  );
  const allHave = (driver: string) =>
    drivers.length > 0 &&
    drivers.every((files) => files.some((file) => path.basename(file).startsWith(`${driver}.ko`)));
  return {
    ...(allHave('ena') && { enaSupport: true }),
    ...(allHave('ixgbevf') && { sriovNetSupport: 'simple' }),
  };
}
