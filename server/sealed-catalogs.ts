/**
 * Seals the catalog of an Imago that serves into its block stores, with all that it is to be known
 * by.
 */
import manifest from '../package.json' with { type: 'json' };
import type { BlockStores } from './blocks/block-stores.ts';
import type { Sealing } from './blocks/sealed-blocks.ts';
import type { Catalog } from './catalog/catalog.ts';
import { type Changes, noticeChanges } from './catalog/changes.ts';
import { schemaVersion } from './catalog/sql/migrations.ts';
import type { Clock } from './domain/identity.ts';
import { keyBytes } from './domain/master-key.ts';
import { nodeFiles } from './files/node/node-files.ts';
import { readFileWithin } from './files/whole-file.ts';
import type { Home } from './foundations/home.ts';
import type { Log } from './foundations/log.ts';
import type { MasterKeySource } from './open-master-key.ts';
import { CatalogKeeper } from './recovery/catalog-keeper.ts';
import type { RecoveryKeySource } from './recovery/recovery-key.ts';
import type { CatalogFacts } from './recovery/sealed-catalog.ts';

interface KeptImago {
  home: Home;
  regions: readonly string[];
  zones: number;
  masterKey?: MasterKeySource;
  recoveryKey?: RecoveryKeySource;
}

interface KeepingParts {
  blocks: BlockStores;
  sealing: Sealing;
  clock: Clock;
  log: Log;
}

export class SealedCatalogs {
  /** Whose changes are noticed. */
  readonly catalog: Catalog;
  readonly #noticing: ((changes: Changes) => void)[] = [];

  constructor(catalog: Catalog) {
    this.catalog = noticeChanges(catalog, (changes) => {
      for (const each of this.#noticing) each(changes);
    });
  }

  /** From now on. */
  onChanges(noticed: (changes: Changes) => void): void {
    this.#noticing.push(noticed);
  }

  /** From now on, until it is disposed. */
  async keep(imago: KeptImago, parts: KeepingParts): Promise<CatalogKeeper> {
    const facts = () => factsOf(imago);
    const { catalog } = this;
    const { recoveryKey: source } = imago;
    const keeper = new CatalogKeeper({ ...parts, catalog, files: nodeFiles, source, facts });
    await keeper.start();
    this.onChanges((changes) => keeper.noticed(changes));
    return keeper;
  }
}

/** A passphrase is the operator's to remember; a file is on the host that is lost. */
async function factsOf({ home, regions, zones, masterKey = {} }: KeptImago): Promise<CatalogFacts> {
  const facts = { imago: manifest.version, schema: schemaVersion, regions, zones };
  if (masterKey.passphrase !== undefined) return facts;
  const file = masterKey.file ?? home.masterKeyFile;
  const secret = await readFileWithin(nodeFiles, file, keyBytes);
  return { ...facts, ...(secret && { masterKey: secret.toString('base64') }) };
}
