/**
 * A volume's layers, read with its keys: over their base, to be put into the block store of its
 * region, or as they are.
 */
import type { BlockStores } from '../../blocks/block-stores.ts';
import { sealKeyOf } from '../../blocks/sealed-block.ts';
import type { Sealing } from '../../blocks/sealed-blocks.ts';
import { OpenLayers } from '../../disk/open-layers.ts';
import { type UploadResult, uploadLayers } from '../../disk/upload-layers.ts';
import type { Home } from '../../foundations/home.ts';
import type { GuestKeys, LayersToRead, UploadOptions, UploadRequest } from '../host.ts';

export interface VolumeUploads {
  home: Home;
  blocks: BlockStores;
  keys: GuestKeys;
  sealing: Sealing | undefined;
}

export async function uploadVolume(
  { home, blocks, keys, sealing }: VolumeUploads,
  { volumeId, region, base, layers, sizeBytes, encryption }: UploadRequest,
  { onProgress, signal }: UploadOptions = {},
): Promise<UploadResult> {
  const { root, sizeBytes: baseBytes = 0, encryption: sealed } = base ?? {};
  const key = sealed && sealKeyOf(await keys.blocks(sealed));
  return uploadLayers({
    store: blocks.of(region),
    base: root === undefined ? undefined : { root, sizeBytes: baseBytes, key },
    ...(encryption && {
      seal: sealKeyOf(await keys.blocks({ keyId: encryption.keyId })),
      secret: await keys.layers(encryption, volumeId),
      sealing,
    }),
    layers: layers.map((number) => home.layerFile(volumeId, number)),
    sizeBytes,
    onProgress,
    signal,
  });
}

export async function readLayers(
  { home, keys }: Pick<VolumeUploads, 'home' | 'keys'>,
  { volumeId, layers, encryption }: LayersToRead,
): Promise<OpenLayers> {
  const paths = layers.map((number) => home.layerFile(volumeId, number));
  return OpenLayers.open(paths, encryption && (await keys.layers(encryption, volumeId)));
}
