/** What is in images: who may launch one may look into it. */
import { rootDisk } from '../../../server/catalog/test-rows.ts';
import { BufferDisk, makeFileSystem } from '../../../server/contents/test-file-systems.ts';
import { debianFiles } from '../../../server/contents/test-systems.ts';
import { uploadDisk } from '../../../server/disk/upload-layers.ts';
import { insertImage, insertSnapshot } from '../../../server/operations/test-images.ts';
import type { Action, AuthorisationTable, Noun } from '../table.ts';
import { byOne } from '../table.ts';
import { table as images } from './images.ts';

const { image } = images.nouns as { image: Noun };
let disk: Promise<Buffer> | undefined;

const ofImage = (more: Partial<Action> = {}) =>
  byOne('ImageId', 'systemImage', { seen: 'ok', ...more });

export const table: AuthorisationTable = {
  nouns: {
    /** With files in it. */
    systemImage: {
      ...image,
      async make(context) {
        disk ??= makeFileSystem(debianFiles, { sizeMiB: 2 });
        const store = context.blocks.of(context.caller.region);
        const { root } = await uploadDisk({ store, disk: new BufferDisk(await disk) });
        const { id } = await insertSnapshot(context, { root });
        return (await insertImage(context, { blockDeviceMappings: rootDisk(1, id) })).id;
      },
    },
  },
  actions: {
    'imago.DescribeImageContents': ofImage(),
    'imago.DescribeImageFile': ofImage({ with: { Path: '/etc/passwd' } }),
    'imago.DescribeImagePackages': ofImage(),
    'imago.GetImageFile': ofImage({ with: { Path: '/etc/passwd' } }),
    // Of one whose volumes have files: server/tasks/instance-drift.test.ts.
    'imago.DescribeInstanceDrift': byOne('InstanceId', 'instance', {
      owner: 'IncorrectInstanceState',
    }),
    'imago.DiffImages': {
      needs: { ImageId: 'systemImage', OtherImageId: 'systemImage' },
      names: [
        { path: 'ImageId', noun: 'systemImage', seen: 'ok' },
        { path: 'OtherImageId', noun: 'systemImage', seen: 'ok' },
      ],
    },
    'imago.GetImageBillOfMaterials': ofImage({ with: { Format: 'spdx' } }),
    'imago.ListImageFiles': ofImage({ plain: ['Name'] }),
  },
};
