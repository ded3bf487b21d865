/**
 * Image pipelines: builds of a recipe, at times of a schedule or when somebody asks. The id is the
 * ARN, `arn:aws:imagebuilder:REGION:ACCOUNT:image-pipeline/SLUG`.
 */
import type { OwnedRow, Tags } from './row.ts';

export interface ImagePipelineRow extends OwnedRow {
  name: string;
  slug: string;
  description?: string;
  recipeArn: string;
  infrastructureArn: string;
  distributionArn?: string;
  tests: ImageTests;
  enhancedMetadata: boolean;
  /** Absent: it builds when it is asked to, and at no other time. */
  schedule?: PipelineSchedule;
  /** A disabled one does not build by itself. */
  status: 'ENABLED' | 'DISABLED';
  /** When it builds next by itself; absent: never. */
  nextRunAt?: string;
  /** When that is looked at again, within a day; absent: then, and no sooner. */
  nextLookAt?: string;
  /** Builds by schedule that failed, without one in between that succeeded. */
  consecutiveFailures: number;
  /** Of the builds that it began, the newest. */
  lastBuildArn?: string;
  /** What the newest build that succeeded stood on: `dependenciesOf` in domain/imagebuilder. */
  lastDependencies?: string[];
  updatedAt?: string;
  tags: Tags;
  /** Of the images that it builds. */
  imageTags: Tags;
}

export interface ImageTests {
  enabled: boolean;
  /** Told back; AWS takes it and ignores it, and so does Imago. */
  timeoutMinutes?: number;
}

export interface PipelineSchedule {
  /** As it was given: `cron(0 0 * * ? *)` or `rate(1 day)`. */
  expression: string;
  /** IANA's name; absent: UTC. */
  timezone?: string;
  /** Only where what it stands on has changed since the newest build; otherwise always. */
  ifDependenciesChanged: boolean;
  /** So many failures one after the other disable the pipeline; absent: none do. */
  failureCount?: number;
}
