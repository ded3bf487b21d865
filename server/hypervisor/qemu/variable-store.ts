/**
 * The variable store in OVMF's flash: a firmware volume whose first part is a store of variables
 * (authenticated format), one after the other, each with a state that says whether it is valid
 * still. Pure. What a guest may have written is read as hostile bytes. Variables are written into
 * empty templates only: what a running guest has is its firmware's to change.
 */
import type { UefiVariable } from '../../foundations/uefi-data.ts';

const volumeHeaderBytes = 0x48;
const storeHeaderBytes = 0x1c;
const firstVariable = volumeHeaderBytes + storeHeaderBytes;
const variableHeaderBytes = 60;
const authenticatedStore = '782cf3aa7b949a43a1802e144ec37792';
const startOfVariable = 0x55aa;
/** Added, and nothing else became of it. */
const valid = 0x3f;
/** Valid still: it is about to be replaced by one that is not there yet. */
const inTransition = 0x3e;

/** Undefined where there is no such store, as while the firmware is writing to the flash. */
export function readVariableStore(flash: Buffer): UefiVariable[] | undefined {
  const end = endOfStore(flash);
  if (end === undefined) return undefined;
  const found = new Map<string, { variable: UefiVariable; state: number }>();
  for (let at = firstVariable; at + variableHeaderBytes <= end; ) {
    if (flash.readUInt16LE(at) !== startOfVariable) break;
    const nameBytes = flash.readUInt32LE(at + 36);
    const dataBytes = flash.readUInt32LE(at + 40);
    const data = at + variableHeaderBytes + nameBytes;
    if (nameBytes > end || dataBytes > end || data + dataBytes > end) return undefined;
    const state = flash[at + 2] ?? 0;
    const variable = variableAt(flash, at, data, dataBytes);
    const key = `${variable.guid.toString('hex')} ${variable.name}`;
    const isNewer = state === valid || (state === inTransition && !found.has(key));
    if (isNewer) found.set(key, { variable, state });
    at = aligned(data + dataBytes);
  }
  return [...found.values()].map(({ variable }) => variable);
}

function variableAt(flash: Buffer, at: number, data: number, dataBytes: number): UefiVariable {
  const timestamp = flash.subarray(at + 16, at + 32);
  return {
    name: flash.toString('utf16le', at + variableHeaderBytes, data).replace(/\0+$/, ''),
    guid: Buffer.from(flash.subarray(at + 44, at + variableHeaderBytes)),
    attributes: flash.readUInt32LE(at + 4),
    data: Buffer.from(flash.subarray(data, data + dataBytes)),
    ...(timestamp.some((byte) => byte !== 0) && { timestamp: Buffer.from(timestamp) }),
  };
}

/** The template with these variables in place of its own; RangeError when it has not the room. */
export function withVariables(template: Buffer, variables: readonly UefiVariable[]): Buffer {
  const end = endOfStore(template);
  if (end === undefined) throw new Error('the template of UEFI variables has no variable store');
  const flash = Buffer.from(template);
  flash.fill(0xff, firstVariable, end);
  let at = firstVariable;
  for (const variable of variables) {
    const bytes = variableBytes(variable);
    if (at + bytes.length > end) throw new RangeError('the variables need more than the flash has');
    flash.set(bytes, at);
    at = aligned(at + bytes.length);
  }
  return flash;
}

function variableBytes({ name, guid, attributes, data, timestamp }: UefiVariable): Buffer {
  const text = Buffer.from(`${name}\0`, 'utf16le');
  const header = Buffer.alloc(variableHeaderBytes);
  header.writeUInt16LE(startOfVariable, 0);
  header[2] = valid;
  header.writeUInt32LE(attributes, 4);
  if (timestamp) header.set(timestamp, 16);
  header.writeUInt32LE(text.length, 36);
  header.writeUInt32LE(data.length, 40);
  header.set(guid, 44);
  return Buffer.concat([header, text, data]);
}

function endOfStore(flash: Buffer): number | undefined {
  if (flash.length < firstVariable) return undefined;
  const guid = flash.toString('hex', volumeHeaderBytes, volumeHeaderBytes + 16);
  const end = volumeHeaderBytes + flash.readUInt32LE(volumeHeaderBytes + 16);
  const isStore = flash.toString('latin1', 40, 44) === '_FVH' && guid === authenticatedStore;
  return isStore && end <= flash.length ? end : undefined;
}

function aligned(offset: number): number {
  return Math.ceil(offset / 4) * 4;
}
