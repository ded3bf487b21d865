/**
 * What a guest's encrypted disks are opened with: asked for when it is needed, kept by nobody here.
 */

import { sealKeyOf } from '../../blocks/sealed-block.ts';
import type { Encryption } from '../../catalog/rows/volume.ts';
import type { GuestDisk, GuestKeys } from '../host.ts';

export interface GuestSecrets {
  /** Of the data plane: what seal keys are made of. */
  blocks: Buffer[];
  /** By root of a block map: the id of its seal key. */
  sealKeyIds: Map<string, string>;
  /** By volume: what opens its layers. */
  layers: Map<string, string>;
}

/** No key has it: whoever waits for it waits until its guest is told anew. */
const lostKeyId = '0'.repeat(32);

/** Without `onLost` what cannot be had is an error; with it a guest goes on with what it has. */
export async function secretsOf(
  disks: readonly GuestDisk[],
  keys: GuestKeys,
  onLost?: (volumeId: string, error: unknown) => void,
): Promise<GuestSecrets> {
  const secrets: GuestSecrets = { blocks: [], sealKeyIds: new Map(), layers: new Map() };
  for (const { volumeId, encryption, readable, leaves } of disks) {
    if (!encryption || leaves) continue;
    try {
      secrets.layers.set(volumeId, await keys.layers(encryption, volumeId));
      for (const base of readable) {
        if (base.encryption) await addBase(secrets, keys, base.root, base.encryption);
      }
    } catch (error) {
      if (!onLost) throw error;
      onLost(volumeId, error);
      for (const { root, encryption: sealed } of readable) {
        if (sealed && !secrets.sealKeyIds.has(root)) secrets.sealKeyIds.set(root, lostKeyId);
      }
    }
  }
  return secrets;
}

async function addBase(
  secrets: GuestSecrets,
  keys: GuestKeys,
  root: string,
  encryption: Encryption,
): Promise<void> {
  const secret = await keys.blocks(encryption);
  secrets.sealKeyIds.set(root, sealKeyOf(secret).id);
  if (!secrets.blocks.some((known) => known.equals(secret))) secrets.blocks.push(secret);
}

/** Never a plain layer in place of an encrypted one. */
export function secretOf(
  { volumeId, encryption }: Pick<GuestDisk, 'volumeId' | 'encryption'>,
  { layers }: Pick<GuestSecrets, 'layers'>,
): string | undefined {
  const secret = layers.get(volumeId);
  if ((encryption === undefined) === (secret === undefined)) return secret;
  throw new Error(`the key of ${volumeId} is not there`);
}

export const noKeys: GuestKeys = {
  blocks: () => Promise.reject(new Error('there are no keys')),
  layers: () => Promise.reject(new Error('there are no keys')),
};
