/** Opens the file that an import names, wherever it is. */
import type { ImportedFrom } from '../catalog/rows/import-task.ts';
import { inWindows } from '../disk-formats/random-access.ts';
import { type FilePlaces, isWithClient, noFilePlaces } from '../domain/file-places.ts';
import { openFolderFile } from './folder-file.ts';
import type { OfferedFiles } from './offered-files.ts';
import { changed, type SourceFile, SourceRefused } from './source-file.ts';
import { openWebFile } from './web-file.ts';

export interface OpenSourceServices {
  places: FilePlaces | undefined;
  offers: OfferedFiles;
}

export interface OpenSourceOptions {
  /** Of the import: what a client offers is for it alone. */
  importId: string;
  signal: AbortSignal;
  /** Told now and then while a client is awaited. */
  onWaiting: () => void;
  /** The file has to be the one that had this before. */
  validator?: string;
}

export async function openSource(
  services: OpenSourceServices,
  source: ImportedFrom,
  options: OpenSourceOptions,
): Promise<SourceFile> {
  const file = await openAnywhere(services, source, options);
  if (options.validator === undefined || options.validator === file.validator) return file;
  await file.close();
  throw changed('The file');
}

/** Under which a client's file is offered and read. */
export function offerKey(importId: string, url: string): string {
  return `${importId} ${url}`;
}

async function openAnywhere(
  { places = noFilePlaces, offers }: OpenSourceServices,
  source: ImportedFrom,
  { importId, signal, onWaiting }: OpenSourceOptions,
): Promise<SourceFile> {
  const { folder, key = '', url = '' } = source;
  if (folder === undefined) {
    return fromAfar(
      await (isWithClient(source)
        ? offers.open(offerKey(importId, url), { signal, onWaiting })
        : openWebFile(url, { allowed: places.importUrls, signal })),
    );
  }
  const place = places.importFolders[folder];
  if (place !== undefined) return openFolderFile(place, key);
  // The operator's start of today may name other folders than that of yesterday.
  throw new SourceRefused(`There is no bucket ${folder}.`);
}

/** Each read costs a round trip: less than a window is not asked for. */
function fromAfar(file: SourceFile): SourceFile {
  const { validator } = file;
  return Object.assign(inWindows(file), { validator, close: () => file.close() });
}
