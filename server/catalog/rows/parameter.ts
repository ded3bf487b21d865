/** Parameters of the parameter store (ssm), and their versions. */
import type { OwnedRow, Tags } from './row.ts';

/** What a version says. */
export interface ParameterContent {
  number: number;
  type: 'String' | 'StringList';
  dataType: 'text' | 'aws:ec2:image';
  value: string;
  description?: string;
  modifiedAt: string;
}

/** Its id is `parameterRowId`: those below a path follow each other. */
export interface ParameterRow extends OwnedRow {
  name: string;
  /** Of its newest version. */
  content: ParameterContent;
  /** The number of the oldest that is kept. */
  oldest: number;
  /** Label to the number of the version that has it. */
  labels: Record<string, number>;
  tags: Tags;
}

/** All that are kept, the newest as well. */
export interface ParameterVersionRow extends OwnedRow {
  content: ParameterContent;
}

/** What its newest version names; text that looks like the id of an image does not name one. */
export function imageOfParameter({ content }: ParameterRow): string[] {
  return content.dataType === 'aws:ec2:image' ? [content.value] : [];
}

export function parameterRowId(
  { account, region }: Pick<OwnedRow, 'account' | 'region'>,
  name: string,
): string {
  return `${account}/${region}/${name}`;
}

const digits = 12;

/** In the order of their numbers; no name has a colon. */
export function parameterVersionRowId(parameterId: string, number: number): string {
  return `${parameterId}:${String(number).padStart(digits, '0')}`;
}
