/** A package that is installed in a system, whatever its manager. */
export interface Package {
  manager: 'dpkg' | 'apk' | 'rpm';
  name: string;
  version: string;
  architecture: string;
  /** What it was built of, where that is called otherwise. */
  source?: string;
  /** Of the source, where it is another. */
  sourceVersion?: string;
  /** As its database has it; of dpkg it is in another place (`copyright-file.ts`). */
  license?: string;
  maintainer?: string;
  homepage?: string;
  summary?: string;
  installedSizeBytes?: number;
}

/** Beyond it a database is no system's. */
export const databaseMaxBytes = 64 * 1024 ** 2;
