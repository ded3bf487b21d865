/**
 * What is derived of a key for volumes: the data key that blocks are sealed under, and the secrets
 * of layers, each volume's its own. A guest that runs has them, whatever becomes of its key: that
 * is asked where it is about to start (ebs-encryption.ts). Reads the catalog; tells nobody else.
 */
import type { Catalog } from '../catalog/catalog.ts';
import type { KmsKeyRow } from '../catalog/rows/kms.ts';
import type { Encryption } from '../catalog/rows/volume.ts';
import { materialOf, secretOf } from './kms-keys.ts';
import { derivedKey, type MasterKey } from './master-key.ts';

/** The key is gone, with what was encrypted under it. */
export class KeyGoneError extends Error {
  override name = 'KeyGoneError';
  constructor(keyId: string) {
    super(`the key ${keyId} does not exist any more`);
  }
}

/** That a data key is of a volume's base, and of nothing else. */
const dataKeyContext = { 'imago:use': 'blocks of a volume' };

export class VolumeKeys {
  readonly #catalog: Catalog;
  readonly #masterKey: MasterKey;

  constructor({ catalog, masterKey }: { catalog: Catalog; masterKey: MasterKey }) {
    this.#catalog = catalog;
    this.#masterKey = masterKey;
  }

  /** Seals and opens blocks. */
  async blocks({ keyId, dataKey }: Encryption): Promise<Buffer> {
    const row = await this.#key(keyId);
    if (dataKey === undefined) return dataKeyOf(row, this.#masterKey);
    const blob = Buffer.from(dataKey, 'base64');
    return materialOf(row, this.#masterKey).decrypt(blob, dataKeyContext);
  }

  /** Opens the layers of a volume. */
  async layers({ keyId }: Encryption, volumeId: string): Promise<string> {
    const secret = secretOf(await this.#key(keyId), this.#masterKey);
    return derivedKey(secret, `imago volumes: layers of ${volumeId}`).toString('base64');
  }

  async #key(keyId: string): Promise<KmsKeyRow> {
    const row = await this.#catalog.read(({ kmsKeys }) => kmsKeys.get(keyId));
    if (row) return row;
    throw new KeyGoneError(keyId);
  }
}

export function dataKeyOf(row: KmsKeyRow, masterKey: MasterKey): Buffer {
  return derivedKey(secretOf(row, masterKey), 'imago volumes: blocks');
}

/** What is sealed under one key, to be opened by another alone. */
export function passedOn(from: KmsKeyRow, to: KmsKeyRow, masterKey: MasterKey): Encryption {
  if (from.id === to.id) return { keyId: to.id };
  const dataKey = dataKeyOf(from, masterKey);
  const blob = materialOf(to, masterKey).encrypt(dataKey, dataKeyContext);
  return { keyId: to.id, dataKey: blob.toString('base64') };
}
