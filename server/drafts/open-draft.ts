/** A draft as its row and its journal have it, with its key where it is encrypted. */
import { readBlockMap } from '../blocks/block-map.ts';
import type { BlockStores } from '../blocks/block-stores.ts';
import { inlineSealing, type Sealing } from '../blocks/sealed-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { MasterKey } from '../domain/master-key.ts';
import type { UploadRow } from '../domain/snapshot-uploads.ts';
import { VolumeKeys } from '../domain/volume-keys.ts';
import type { Files } from '../files/files.ts';
import type { Home } from '../foundations/home.ts';
import { Draft } from './draft.ts';
import { DraftJournal } from './draft-journal.ts';
import { DraftSeal } from './draft-seal.ts';

export interface OpeningServices {
  catalog: Catalog;
  blocks: BlockStores;
  files: Files;
  home: Home;
  masterKey: MasterKey;
  /** In threads, where there are. */
  sealing?: Sealing;
}

export async function openDraft(
  services: OpeningServices,
  { id, region, upload, encryption }: UploadRow,
  checkWanted: (written: number) => Promise<void>,
): Promise<Draft> {
  const { files, home, blocks, sealing = inlineSealing } = services;
  const store = blocks.of(region);
  const keys = new VolumeKeys(services);
  const seal = encryption && new DraftSeal(await keys.blocks(encryption), sealing);
  const base = upload.base && (await readBlockMap(store, upload.base.root));
  const journal = await DraftJournal.open(files, home.draftFile(id));
  if (!journal) throw new Error(`the journal of the draft ${id} is gone`);
  return Draft.open({ store, journal, base, seal, checkWanted });
}
