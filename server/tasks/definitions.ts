/** All kinds of tasks. */
import { archiveSnapshot } from './archive-snapshot.ts';
import { blockPublicAccess } from './block-public-access.ts';
import { buildImage } from './build-image.ts';
import { buildRecipe } from './build-recipe.ts';
import { checkImage } from './check-image.ts';
import { copySnapshots } from './copy-snapshots.ts';
import { copyVolume } from './copy-volume.ts';
import { createImage } from './create-image.ts';
import { createSnapshot } from './create-snapshot.ts';
import { disableFastRestore } from './disable-fast-restore.ts';
import { drill } from './drill.ts';
import { enableFastRestore } from './enable-fast-restore.ts';
import { exportImage } from './export-image.ts';
import { exportInstance } from './export-instance.ts';
import { importImage } from './import-image.ts';
import { importSnapshot } from './import-snapshot.ts';
import { publishProduct } from './publish-product.ts';
import { pullBackup } from './pull-backup.ts';
import { pullImage } from './pull-image.ts';
import { pushBackup } from './push-backup.ts';
import { rebootInstance } from './reboot.ts';
import { replaceRootVolume } from './replace-root-volume.ts';
import { reportUsage } from './report-usage.ts';
import { restoreImage } from './restore-image.ts';
import { restoreSnapshot } from './restore-snapshot.ts';
import { storeImage } from './store-image.ts';
import type { TaskDefinition } from './task.ts';
import { tellVerdict } from './tell-verdict.ts';

export const taskDefinitions: readonly TaskDefinition[] = [
  createImage,
  createSnapshot,
  copySnapshots,
  copyVolume,
  rebootInstance,
  replaceRootVolume,
  buildImage,
  buildRecipe,
  pullImage,
  pullBackup,
  pushBackup,
  importSnapshot,
  importImage,
  exportImage,
  exportInstance,
  storeImage,
  restoreImage,
  archiveSnapshot,
  restoreSnapshot,
  enableFastRestore,
  disableFastRestore,
  drill,
  tellVerdict,
  publishProduct,
  checkImage,
  reportUsage,
  blockPublicAccess,
];
