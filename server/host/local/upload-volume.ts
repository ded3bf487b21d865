/** A volume's layers over their base, put into the block store of its region with its keys. */
import type { BlockStores } from '../../blocks/block-stores.ts';
import { sealKeyOf } from '../../blocks/sealed-block.ts';
import type { Sealing } from '../../blocks/sealed-blocks.ts';
import { type UploadResult, uploadLayers } from '../../disk/upload-layers.ts';
import type { Home } from '../../foundations/home.ts';
import type { GuestKeys, UploadOptions, UploadRequest } from '../host.ts';

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
