/**
 * Components of Image Builder: what is done to a machine that becomes an image. Of a name there are
 * versions, of each of these builds: a row is one build, and never changes but for its tags. Its id
 * is its ARN, `arn:aws:imagebuilder:REGION:ACCOUNT:component/SLUG/1.2.3/1`.
 */
import type { OwnedRow, Tags } from './row.ts';

export interface ComponentRow extends OwnedRow {
  /** As it was given; in ARNs it is `slug`. */
  name: string;
  slug: string;
  /** As it was given, such as `1.2.3` or `2026.01.01`. */
  semanticVersion: string;
  /** From 1. */
  build: number;
  description?: string;
  changeDescription?: string;
  /** `TEST` has no other phase than that. */
  type: 'BUILD' | 'TEST';
  platform: 'Linux';
  /** Begins of what an image's system is called; none: any. */
  supportedOsVersions?: string[];
  /** The document, in YAML. */
  data: string;
  /** What the document lets recipes say. */
  parameters: ComponentParameterRow[];
  tags: Tags;
}

export interface ComponentParameterRow {
  name: string;
  type: string;
  defaultValue?: string[];
  /** Absent: any. Not told by the API. */
  allowedValues?: string[];
  description?: string;
}
