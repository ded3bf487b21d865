/**
 * `guest.json` in a machine's folder: the desired state of one guest, written by the control plane
 * and read by the data plane, each alone. A reader that finds nonsense says what is wrong with it.
 */
import { constants, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { UnprivilegedIdentity } from '../foundations/unprivileged.ts';
import { writeFileToRead } from '../processes/process-files.ts';
import type { GuestAttachment } from './data-plane.ts';

/** Also keeps names from the control socket and the list from leading anywhere else. */
export const instanceIdPattern = /^i-[0-9a-f]{8,17}$/;
const fileName = 'guest.json';
/** User data is at most 16 KiB before base64; the rest is a few KiB. */
const fileMaxBytes = 256 * 1024;

export async function writeGuestFile(
  folder: string,
  attachment: GuestAttachment,
  reader?: UnprivilegedIdentity,
): Promise<void> {
  await writeFileToRead(path.join(folder, fileName), attachment, reader);
}

export async function removeGuestFile(folder: string): Promise<void> {
  await rm(path.join(folder, fileName), { force: true });
}

/** Undefined when there is none. */
export async function readGuestFile(
  folder: string,
  instanceId: string,
): Promise<GuestAttachment | undefined> {
  const text = await readBounded(path.join(folder, fileName));
  if (text === undefined) return undefined;
  const attachment: unknown = JSON.parse(text);
  checkAttachment(attachment, instanceId);
  return attachment;
}

/** Checks what would fail later and elsewhere; addresses are checked where they are parsed. */
function checkAttachment(value: unknown, instanceId: string): asserts value is GuestAttachment {
  const attachment = value as Partial<GuestAttachment> | null;
  const isWhole =
    typeof attachment === 'object' &&
    attachment !== null &&
    attachment.instanceId === instanceId &&
    attachment.metadata?.instanceId === instanceId &&
    typeof attachment.link === 'object' &&
    Array.isArray(attachment.exports) &&
    attachment.exports.every(
      (item) =>
        /^[0-9a-f]{64}$/.test(item?.root) &&
        Number.isSafeInteger(item.sizeBytes) &&
        (item.sealKeyId === undefined || /^[0-9a-f]{32}$/.test(item.sealKeyId)),
    );
  if (!isWhole) throw new Error(`guest.json is not an attachment of ${instanceId}`);
}

/**
 * The folder may be another's: no link is followed, nothing is waited for, and no more is read than
 * is honest.
 */
async function readBounded(file: string): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    await using handle = await open(file, flags);
    if (!(await handle.stat()).isFile()) throw new Error(`${file} is not a regular file`);
    const buffer = Buffer.alloc(fileMaxBytes + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead > fileMaxBytes) throw new Error(`${file} is too long`);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
