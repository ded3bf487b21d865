/**
 * Every kind of task with its faults, for a sample of them (faults.test.ts) and for all
 * (faults.soak.ts).
 */
import { buildStory } from './test-build-story.ts';
import { captureStory } from './test-capture-story.ts';
import { copyStory } from './test-copy-story.ts';
import { copyVolumeStory } from './test-copy-volume-story.ts';
import { drillStory } from './test-drill-story.ts';
import { endStory } from './test-end-story.ts';
import { exportInstanceStory } from './test-export-instance-story.ts';
import { exportStory } from './test-export-story.ts';
import { failingDrillStory } from './test-failing-drill-story.ts';
import { fastRestoreStory } from './test-fast-restore-story.ts';
import type { Story } from './test-faulty-calls.ts';
import { importStory } from './test-import-story.ts';
import { publishStory } from './test-publish-story.ts';
import { rebootStory } from './test-reboot-story.ts';
import { recipeStory } from './test-recipe-story.ts';
import { replaceRootStory } from './test-replace-root-story.ts';
import { reportStory } from './test-report-story.ts';
import { scriptStory } from './test-script-story.ts';
import { tierStory } from './test-tier-story.ts';
import { volumeStory } from './test-volume-story.ts';

export const stories: Record<string, Story> = {
  'captures, which reboot or do not': captureStory,
  'scripts around a snapshot, beside another': scriptStory,
  'reboots beside a snapshot': rebootStory,
  'a root volume is replaced beside a snapshot of it': replaceRootStory,
  'builds of one image': buildStory,
  'builds of a recipe': recipeStory,
  'copies into a region with a store of its own': copyStory,
  'copies of a volume beside a snapshot of it': copyVolumeStory,
  'a report and a check of an image': reportStory,
  'publications of two images': publishStory,
  'imports of a snapshot and an image': importStory,
  'an image is exported and stored': exportStory,
  'an instance is exported beside a snapshot of it': exportInstanceStory,
  'a snapshot is archived while another is restored': tierStory,
  'drills of an image, of a machine’s snapshots and of data': drillStory,
  'drills that do not pass, beside one that does': failingDrillStory,
  'fast restores of two snapshots': fastRestoreStory,
  'an instance ends while it is captured': endStory,
  'a volume comes and goes beside snapshots of it': volumeStory,
};
