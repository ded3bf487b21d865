/** What actions of kms read alike: tags, principals, pages, plain bytes. */
import { ServiceError } from '../../../api/service-error.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { type GrantOperation, grantOperations } from '../../domain/kms-grants.ts';
import { invalidInput } from '../../domain/kms-keys.ts';
import type { EncryptionContext } from '../../domain/kms-material.ts';
import { type Page, type PageScope, pageOf } from '../../domain/pages.ts';
import { checkedCount, checkedTags } from '../../domain/tags.ts';

const contextMaxChars = 8192;
const plaintextMaxBytes = 4096;
const blobMaxBytes = 6144;
const dataKeyMaxBytes = 1024;
const dataKeySpecs: Readonly<Record<string, number>> = { AES_128: 16, AES_256: 32 };

/** EC2's rules of tags, in this service's errors. */
export function kmsTags(
  requests: readonly { TagKey: string; TagValue: string }[] = [],
  before: Tags = {},
): Tags {
  try {
    const tags = checkedTags(requests.map(({ TagKey: Key, TagValue: Value }) => ({ Key, Value })));
    return checkedCount({ ...before, ...tags });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const isCount = error.code === 'TagLimitExceeded';
    throw new ServiceError(isCount ? 'LimitExceededException' : 'TagException', error.message);
  }
}

/** Imago knows accounts and no users: `arn:aws:iam::111122223333:root`, or the number alone. */
export function accountOf(principal: string): string {
  const [, account] = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(principal) ?? [];
  if (account !== undefined) return account;
  throw new ServiceError(
    'InvalidArnException',
    `${principal} is no account. Imago knows no users and roles: name the account as arn:aws:iam::ACCOUNT:root.`,
  );
}

export function checkedOperations(operations: readonly string[]): GrantOperation[] {
  const wrong = operations.find((each) => !grantOperations.includes(each as GrantOperation));
  if (wrong !== undefined) {
    throw invalidInput(`${wrong} is not an operation that a grant of a symmetric key permits.`);
  }
  if (operations.length === 0) throw invalidInput('A grant permits at least one operation.');
  return [...new Set(operations as GrantOperation[])];
}

interface MarkedInput {
  Limit?: number;
  Marker?: string;
}

/** kms's pages: it calls the token a marker. */
export function markedPage(
  { Limit, Marker }: MarkedInput,
  scope: PageScope,
  { usual, max }: { usual: number; max: number },
): Page {
  const limit = Limit ?? usual;
  if (limit < 1 || limit > max) {
    throw invalidInput(`Limit is ${limit}, and must be from 1 to ${max}.`);
  }
  try {
    return pageOf({ MaxResults: limit, NextToken: Marker }, scope, { min: 1, max });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError('InvalidMarkerException', error.message);
  }
}

export function marked(nextToken: string | undefined) {
  return { Truncated: nextToken !== undefined, NextMarker: nextToken };
}

export function checkedContext(context: EncryptionContext = {}): EncryptionContext {
  const chars = Object.entries(context).reduce(
    (sum, [name, value]) => sum + name.length + value.length,
    0,
  );
  if (chars <= contextMaxChars) return context;
  throw invalidInput(`An encryption context has at most ${contextMaxChars} characters.`);
}

export function checkedPlaintext(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= 1 && bytes.length <= plaintextMaxBytes) return bytes;
  throw invalidInput(`Plaintext has 1 to ${plaintextMaxBytes} bytes.`);
}

export function checkedBlob(bytes: Uint8Array): Buffer {
  if (bytes.length >= 1 && bytes.length <= blobMaxBytes) return Buffer.from(bytes);
  throw invalidInput(`CiphertextBlob has 1 to ${blobMaxBytes} bytes.`);
}

/** Either says how long a data key is. */
export function dataKeyBytes(spec: string | undefined, count: number | undefined): number {
  if ((spec === undefined) === (count === undefined)) {
    throw invalidInput('Please specify either number of bytes or key spec.');
  }
  const bytes = spec === undefined ? count : dataKeySpecs[spec];
  if (bytes !== undefined && bytes >= 1 && bytes <= dataKeyMaxBytes) return bytes;
  throw invalidInput(
    spec === undefined
      ? `NumberOfBytes is from 1 to ${dataKeyMaxBytes}.`
      : `KeySpec ${spec} is not one of ${Object.keys(dataKeySpecs).join(', ')}.`,
  );
}
