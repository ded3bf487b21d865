/**
 * What Image Builder calls an image: one build of one version of a recipe's image, from the request
 * until its AMIs are there and after. The id is the ARN,
 * `arn:aws:imagebuilder:REGION:ACCOUNT:image/SLUG/1.2.3/1`; slug and version are the recipe's.
 *
 *   PENDING -> CREATING -> BUILDING -> TESTING -> DISTRIBUTING -> AVAILABLE
 *       \-----------\-----------\---------\------------\--> FAILED, CANCELLED
 *   AVAILABLE -> DEPRECATED, DISABLED, and back; a deleted one has no row
 *
 * All that a build needs is in its row: recipe, configurations and parent are as they were when it
 * was asked for. Only the components' documents are in their rows, which cannot go while a build
 * that is not over needs them.
 */
import type { Distributions, Infrastructure } from './build-configuration.ts';
import type { ImageTests } from './image-pipeline.ts';
import type { ImageRecipe, RecipeComponent } from './image-recipe.ts';
import type { OwnedRow, Tags } from './row.ts';

export interface ImageBuildRow extends OwnedRow {
  slug: string;
  semanticVersion: string;
  /** From 1. */
  build: number;
  state: ImageBuildState;
  /** Of one that failed or was cancelled: why. */
  reason?: string;
  recipeArn: string;
  recipe: ImageRecipe;
  infrastructureArn: string;
  infrastructure: Infrastructure;
  distributionArn?: string;
  /** Absent: the image stays in the region where it is built, under the recipe's name and the time. */
  distribution?: Distributions;
  tests: ImageTests;
  /** Whether the build tells what its image's system is, and its packages. */
  enhancedMetadata: boolean;
  /** The AMI that it builds on, of its own region. */
  parentImageId: string;
  /** In order, each the ARN of a build, with all parameters that the recipe gives it. */
  components: RecipeComponent[];
  buildType: 'USER_INITIATED' | 'SCHEDULED';
  /** Which pipeline began it. */
  pipeline?: { arn: string; name: string };
  /** Does it. */
  taskId: string;
  /** The machine that it builds or tests on, while there is one, or was left there. */
  instanceId?: string;
  /** The image that was captured, in the region where it was built, once it is there. */
  imageId?: string;
  /** Once it is over: one a region and account. */
  amis: BuiltAmi[];
  /** What the image's system calls itself. */
  osVersion?: string;
  /** What was done, in order of time; the last may still go on. */
  workflows: WorkflowExecution[];
  finishedAt?: string;
  /** From then on it is called deprecated. */
  deprecatedAt?: string;
  /** The round of a lifecycle policy that did something to it last. */
  lifecycleExecutionId?: string;
  tags: Tags;
}

export type ImageBuildState =
  | 'PENDING'
  | 'CREATING'
  | 'BUILDING'
  | 'TESTING'
  | 'DISTRIBUTING'
  | 'AVAILABLE'
  | 'CANCELLED'
  | 'FAILED'
  | 'DEPRECATED'
  | 'DISABLED';

/** It is not over. */
export const buildingStates = [
  'PENDING',
  'CREATING',
  'BUILDING',
  'TESTING',
  'DISTRIBUTING',
] as const satisfies readonly ImageBuildState[];

export interface BuiltAmi {
  region: string;
  account: string;
  imageId: string;
  name: string;
  description?: string;
}

/** A part of a build: all steps of one kind. */
export interface WorkflowExecution {
  /** `wf-` and a UUID. */
  id: string;
  type: 'BUILD' | 'TEST' | 'DISTRIBUTION';
  status: StepStatus;
  message?: string;
  startedAt?: string;
  endedAt?: string;
  /** All that it will have, from the beginning. */
  steps: WorkflowStep[];
}

export type StepStatus = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'SKIPPED' | 'FAILED' | 'CANCELLED';

export interface WorkflowStep {
  /** `step-` and a UUID. */
  id: string;
  /** Such as `LaunchBuildInstance`, `ApplyBuildComponents`. */
  name: string;
  /** Image Builder's word for what it does, such as `ExecuteComponents`. */
  action: string;
  description?: string;
  status: StepStatus;
  message?: string;
  startedAt?: string;
  endedAt?: string;
  /** JSON, as they are told. */
  inputs?: string;
  outputs?: string;
}

/** Of the build, its parts and their steps. */
export function workflowIdsOf({ workflows }: ImageBuildRow): string[] {
  return workflows.flatMap(({ id, steps }) => [id, ...steps.map((step) => step.id)]);
}

export function isBuilding({ state }: ImageBuildRow): boolean {
  return (buildingStates as readonly ImageBuildState[]).includes(state);
}

/** The components that must stay. */
export function componentsInBuild(row: ImageBuildRow): string[] {
  return isBuilding(row) ? row.components.map(({ arn }) => arn) : [];
}
