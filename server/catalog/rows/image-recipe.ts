/**
 * Image recipes of Image Builder: a parent and what is done to it. A row is a version and never
 * changes but for its tags and its count of builds. Its id is its ARN,
 * `arn:aws:imagebuilder:REGION:ACCOUNT:image-recipe/SLUG/1.2.3`.
 */
import type { OwnedRow, Tags } from './row.ts';

/** What the recipe says, as a build keeps a copy of it. */
export interface ImageRecipe {
  name: string;
  slug: string;
  semanticVersion: string;
  description?: string;
  /** In the order in which they run. */
  components: RecipeComponent[];
  /** As it was given: an image id, the ARN of an image (wildcards, too), or `ssm:` and a parameter. */
  parentImage: string;
  /** Laid over those of the parent, by the name of the device. */
  blockDeviceMappings: RecipeDevice[];
  /** Of components that say none; absent: `/tmp`. */
  workingDirectory?: string;
  /** Base64: user data of the machine that is built on, and of no other. */
  userData?: string;
  /** As it was given, and told back: Imago puts no agent of Systems Manager into machines. */
  uninstallAgent?: boolean;
  /** Of the image that is built, in the region where it is built. */
  amiTags: Tags;
}

export interface ImageRecipeRow extends OwnedRow, ImageRecipe {
  /** Of the newest build that there ever was of an image of it: no number is given twice. */
  lastBuild: number;
  tags: Tags;
}

export interface RecipeComponent {
  /** As it was given: of a build, of a version (its newest build), or with wildcards. */
  arn: string;
  parameters: Record<string, string[]>;
}

/** Each that is absent is the parent's. */
export interface RecipeDevice {
  deviceName: string;
  /** It is taken away from those of the parent. */
  noDevice: boolean;
  snapshotId?: string;
  volumeSizeGiB?: number;
  deleteOnTermination?: boolean;
  volumeType?: string;
  iops?: number;
  throughputMiBps?: number;
  encrypted?: boolean;
  /** As it was given. */
  kmsKeyId?: string;
}

/** By what components a recipe can be found: the ARNs without their versions. */
export function componentsOfRecipe({ components }: ImageRecipe): string[] {
  return components.map(({ arn }) => nameOfArn(arn));
}

/** `arn:…:component/SLUG` of any ARN below it. */
export function nameOfArn(arn: string): string {
  return arn.split('/').slice(0, 2).join('/');
}
