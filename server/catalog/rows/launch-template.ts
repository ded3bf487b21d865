/** Launch templates and their versions. */
import type { OwnedRow, Tags } from './row.ts';

export interface LaunchTemplateRow extends OwnedRow {
  name: string;
  defaultVersion: number;
  /** The newest of those that are there. */
  latestVersion: number;
  /** Of the newest that there ever was: no number is given twice. */
  lastNumber: number;
  tags: Tags;
}

/** A version is never changed. */
export interface LaunchTemplateVersionRow extends OwnedRow {
  templateId: string;
  number: number;
  description?: string;
  /** What it says of a launch, as EC2's requests and answers have it. */
  data: LaunchTemplateData;
}

export type LaunchTemplateData = Readonly<Record<string, unknown>>;

/** More than a template can have. */
const numbersEnd = 10 ** 8;

/** In the order of these ids the versions of a template come newest first, as EC2 lists them. */
export function versionRowId(templateId: string, number: number): string {
  return `${templateId}/${numbersEnd - number}`;
}

/** What it launches from, when it names an image (and no parameter that does). */
export function imageOfVersion({ data: { ImageId } }: LaunchTemplateVersionRow): string[] {
  return typeof ImageId === 'string' && ImageId.startsWith('ami-') ? [ImageId] : [];
}
