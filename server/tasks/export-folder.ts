/** What tasks have in common that write into folders that the operator allowed. */
import { DiskFormatError } from '../disk-formats/disk-format-error.ts';
import type { Site } from '../domain/site.ts';
import { isDiskFull } from '../foundations/disk-full.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { SourceRefused } from '../transfers/source-file.ts';
import { explainUnreadable } from './layers-below.ts';
import { TaskFailure, type TaskServices } from './task.ts';

export function exportFolderOf({ filePlaces }: Site, name: string): string {
  const place = filePlaces?.exportFolders[name];
  if (place !== undefined) return place;
  // The operator's start of today may name other folders than that of yesterday.
  throw clientError(`There is no bucket ${name}.`);
}

/** What no second try will mend, in words for the client. */
export function explainWritten(folder: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof DiskFormatError || error instanceof SourceRefused) {
      throw clientError(error.message);
    }
    if (isDiskFull(error)) throw clientError(`The disk of the bucket ${folder} is full.`);
    return explainUnreadable(error);
  };
}

export function unlessSilentExport<T>(
  { silenceMs = usualTimeLimits.silenceMs }: TaskServices,
  { what, signal }: { what: string; signal: AbortSignal },
  work: Parameters<typeof unlessSilent<T>>[0],
): Promise<T> {
  const silent = () => new Error(`the export ${what} shows no progress`);
  return unlessSilent(work, { silenceMs, signal, silent });
}

/** As EC2 begins what it says of a task that the client can mend. */
export function clientError(message: string): TaskFailure {
  return new TaskFailure('ClientError', `ClientError: ${message}`);
}
