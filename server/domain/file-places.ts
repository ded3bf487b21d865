/**
 * Where disk files may come from and go to: folders that the operator allowed, which requests name
 * as EC2's name buckets, addresses of http and https that begin as one of the allowed ones does,
 * and the file of the client that asks. S3 itself is not among them.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { ImportedFrom } from '../catalog/rows/import-task.ts';

export interface FilePlaces {
  /** By the name that requests give them as a bucket. */
  importFolders: Readonly<Record<string, string>>;
  exportFolders: Readonly<Record<string, string>>;
  /** Beginnings of addresses. */
  importUrls: readonly string[];
}

export const noFilePlaces: FilePlaces = { importFolders: {}, exportFolders: {}, importUrls: [] };

/** S3's limit of a key. */
const keyMaxBytes = 1024;
const urlMaxChars = 2048;
/** Whether a key can be the path of something below a folder. */
export function isPlainKey(key: string): boolean {
  const parts = key.split('/');
  return (
    Buffer.byteLength(key) <= keyMaxBytes &&
    !key.includes('\0') &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** Whether an address begins as one of the allowed ones does, which name hosts in full. */
export function isAllowedAddress(address: string, allowed: readonly string[]): boolean {
  const url = URL.parse(address);
  if (!url || url.username || url.password || !/^https?:$/.test(url.protocol)) return false;
  return allowed.some((prefix) => {
    const begin = URL.parse(prefix);
    return begin?.origin === url.origin && url.pathname.startsWith(begin.pathname);
  });
}

export interface SourceRequest {
  url?: string;
  bucket?: string;
  key?: string;
}

/** What a disk container of a request names. */
export function checkedSource(request: SourceRequest, places = noFilePlaces): ImportedFrom {
  const { url, bucket, key } = request;
  if ((url === undefined) === (bucket === undefined && key === undefined)) {
    throw invalid('A disk container has either a Url or a UserBucket.');
  }
  const source =
    url === undefined ? folderSource(bucket, key) : urlSource(url.slice(0, urlMaxChars + 1));
  if (source.folder !== undefined) checkFolder(source.folder, places.importFolders);
  else if (!isWithClient(source) && !isAllowedAddress(source.url ?? '', places.importUrls)) {
    throw invalid(
      `The operator of this Imago allows no import from '${source.url}' (serve --import-url-prefix).`,
    );
  }
  return source;
}

/** The client offers the file; what it calls it is its own affair. */
export function isWithClient({ url, folder }: ImportedFrom): boolean {
  return folder === undefined && url !== undefined && clientUrl.test(url);
}

const clientUrl = /^client:\/\/[\x21-\x7e]+$/;

export function checkFolder(name: string, folders: Readonly<Record<string, string>>): string {
  const folder = Object.hasOwn(folders, name) ? folders[name] : undefined;
  if (folder !== undefined) return folder;
  const names = Object.keys(folders);
  throw invalid(
    `The bucket '${name}' is none of the folders that the operator of this Imago allows; ${names.length > 0 ? `there are: ${names.join(', ')}` : 'there are none'}. Buckets of S3 are not reached yet.`,
  );
}

function folderSource(folder: string | undefined, key: string | undefined): ImportedFrom {
  if (folder === undefined || key === undefined) {
    throw invalid('A UserBucket has an S3Bucket and an S3Key.');
  }
  return { folder, key: checkedKey(key) };
}

function urlSource(text: string): ImportedFrom {
  if (text.length > urlMaxChars) throw invalid(`A Url has at most ${urlMaxChars} characters.`);
  const [, folder, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(text) ?? [];
  if (folder !== undefined && key !== undefined) {
    return { url: text, folder, key: checkedKey(key) };
  }
  if (clientUrl.test(text)) return { url: text };
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) {
    return { url: url.href };
  }
  throw invalid(
    `'${text}' is no Url of a disk file: it begins with https://, http://, or s3:// and the name of a folder.`,
  );
}

function checkedKey(key: string): string {
  if (isPlainKey(key)) return key;
  throw invalid(`'${key}' is no key of a file in a folder.`);
}

/** EC2's code for what VM Import finds wrong with a place. */
function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameter', message);
}
