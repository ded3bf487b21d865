/**
 * What changes parameters: new versions, labels, deletion; and their limits. The value of one whose
 * data type is an image is looked up at once: AWS says later, and elsewhere, that there is none.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import {
  type ParameterContent,
  type ParameterRow,
  parameterRowId,
  parameterVersionRowId,
} from '../catalog/rows/parameter.ts';
import type { Tags } from '../catalog/rows/row.ts';
import { requiredImage } from './images.ts';
import { checkedParameterName, requiredContent, validation } from './parameters.ts';
import { checkedCount, checkedTags, type TagRequest } from './tags.ts';
import type { Viewer } from './viewer.ts';

/** AWS's: of an account in a region, of a parameter, of a name, of a value in bytes. */
const parametersMax = 10_000;
const versionsMax = 100;
const levelsMax = 15;
const valueMaxBytes = 4096;
const descriptionMaxChars = 1024;
const arnMaxChars = 1011;
const labelsMax = 10;
const labelMaxChars = 100;

export interface NewParameter {
  name: string;
  value: string;
  type?: string;
  dataType?: string;
  description?: string;
  overwrite: boolean;
  tags?: Tags;
}

/** Its newest version, as it is now. */
export async function putParameter(
  transaction: CatalogTransaction,
  viewer: Viewer,
  asked: NewParameter,
  now: Date,
): Promise<ParameterContent> {
  const name = checkedNewName(viewer, asked.name);
  const { parameters } = transaction;
  const before = await parameters.get(parameterRowId(viewer, name));
  if (before && !asked.overwrite) {
    throw new ServiceError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  }
  if (asked.overwrite && asked.tags) {
    throw validation('Tags and Overwrite cannot be used together: use AddTagsToResource.');
  }
  const content = await checkedContent(transaction, viewer, asked, before?.content, now);
  if (before) {
    await addVersion(transaction, before, content);
    return content;
  }
  const { account, region } = viewer;
  if ((await parameters.count({ where: { account, region } })) >= parametersMax) {
    throw new ServiceError(
      'ParameterLimitExceeded',
      `An account has at most ${parametersMax} parameters in a region.`,
    );
  }
  const row = {
    id: parameterRowId(viewer, name),
    account,
    region,
    createdAt: content.modifiedAt,
    name,
    content,
    oldest: content.number,
    labels: {},
    tags: asked.tags ?? {},
  };
  await parameters.insert(row);
  await insertVersion(transaction, row, content);
  return content;
}

async function checkedContent(
  transaction: CatalogTransaction,
  viewer: Viewer,
  asked: NewParameter,
  before: ParameterContent | undefined,
  now: Date,
): Promise<ParameterContent> {
  const { value, description = before?.description } = asked;
  const type = checkedType(asked.type ?? before?.type);
  if (before && before.type !== type) {
    throw new ServiceError(
      'HierarchyTypeMismatchException',
      `The parameter is of type ${before.type}, which cannot be changed.`,
    );
  }
  const { dataType = before?.dataType ?? 'text' } = asked;
  if (dataType !== 'text' && dataType !== 'aws:ec2:image') {
    throw validation(`The data type ${dataType} is not supported: it is text or aws:ec2:image.`);
  }
  if (value === '') throw validation('The value of a parameter has at least one character.');
  if (Buffer.byteLength(value) > valueMaxBytes) {
    throw validation(
      `Standard tier parameters support a maximum parameter value of ${valueMaxBytes} bytes.`,
    );
  }
  if (/\{\{.*\}\}/s.test(value)) throw validation('Parameter value cannot hold {{ and }}.');
  if ((description?.length ?? 0) > descriptionMaxChars) {
    throw validation(`A description has at most ${descriptionMaxChars} characters.`);
  }
  if (dataType === 'aws:ec2:image') await checkImage(transaction, viewer, type, value);
  return {
    number: (before?.number ?? 0) + 1,
    type,
    dataType,
    value,
    ...(description && { description }),
    modifiedAt: now.toISOString(),
  };
}

function checkedType(type: string | undefined): ParameterContent['type'] {
  if (type === 'String' || type === 'StringList') return type;
  if (type === undefined) throw validation('A parameter type is required when creating one.');
  throw new ServiceError(
    'UnsupportedParameterType',
    `The parameter type ${type} is not supported. Imago keeps String and StringList; it has no keys to encrypt a SecureString with.`,
  );
}

async function checkImage(
  transaction: CatalogTransaction,
  viewer: Viewer,
  type: ParameterContent['type'],
  value: string,
): Promise<void> {
  if (type !== 'String') throw validation('The data type aws:ec2:image is for type String only.');
  try {
    await requiredImage(transaction, viewer, value);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw validation(`The value is not the ID of an image of this account: ${error.message}`);
  }
}

function checkedNewName(viewer: Viewer, text: string): string {
  const name = checkedParameterName(text);
  if (/^\/?(aws|ssm)/i.test(name)) {
    throw validation('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  }
  const levels = name.replace(/^\//, '').split('/');
  if (levels.length > levelsMax) {
    throw new ServiceError(
      'HierarchyLevelLimitExceededException',
      `A hierarchy has at most ${levelsMax} levels.`,
    );
  }
  if (levels.includes('')) throw validation('No level of a parameter name is empty.');
  if (levels.length > 1 && !name.startsWith('/')) {
    throw validation('Parameter name must be a fully qualified name: it begins with a slash.');
  }
  const { account, region } = viewer;
  const arnChars = `arn:aws:ssm:${region}:${account}:parameter/${levels.join('/')}`.length;
  if (arnChars <= arnMaxChars) return name;
  throw validation(`The ARN of a parameter has at most ${arnMaxChars} characters.`);
}

/** The oldest goes where there are too many, but not one that has a label. */
async function addVersion(
  transaction: CatalogTransaction,
  row: ParameterRow,
  content: ParameterContent,
): Promise<void> {
  const { parameters, parameterVersions } = transaction;
  let { oldest } = row;
  if (content.number - oldest >= versionsMax) {
    if (Object.values(row.labels).includes(oldest)) {
      throw new ServiceError(
        'ParameterMaxVersionLimitExceeded',
        `${row.name} has ${versionsMax} versions, of which the oldest, ${oldest}, has a label. Move the label, then try again.`,
      );
    }
    await parameterVersions.delete(parameterVersionRowId(row.id, oldest));
    oldest += 1;
  }
  await parameters.update({ ...row, content, oldest });
  await insertVersion(transaction, row, content);
}

async function insertVersion(
  { parameterVersions }: CatalogTransaction,
  { id, account, region }: ParameterRow,
  content: ParameterContent,
): Promise<void> {
  await parameterVersions.insert({
    id: parameterVersionRowId(id, content.number),
    account,
    region,
    createdAt: content.modifiedAt,
    content,
  });
}

export async function deleteParameterRow(
  { parameters, parameterVersions }: CatalogTransaction,
  { id, oldest, content }: ParameterRow,
): Promise<void> {
  for (let number = oldest; number <= content.number; number += 1) {
    await parameterVersions.delete(parameterVersionRowId(id, number));
  }
  await parameters.delete(id);
}

/** EC2's rules of tags, in this service's errors. */
export function parameterTags(before: Tags, requests: readonly TagRequest[]): Tags {
  try {
    return checkedCount({ ...before, ...checkedTags(requests) });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code !== 'TagLimitExceeded') throw validation(error.message);
    throw new ServiceError('TooManyTagsError', error.message);
  }
}

export interface LabelChange {
  number?: number;
  labels: readonly string[];
}

/** A label is on one version: it leaves the one that had it. Those that may not be are answered. */
export async function labelVersion(
  transaction: CatalogTransaction,
  row: ParameterRow,
  { number = row.content.number, labels }: LabelChange,
): Promise<{ number: number; invalid: string[] }> {
  checkLabels(labels);
  await requiredContent(transaction, row, number);
  const invalid = labels.filter((label) => !isLabel(label));
  const given = labels.filter(isLabel).map((label) => [label, number] as const);
  const all = { ...row.labels, ...Object.fromEntries(given) };
  const count = Object.values(all).filter((each) => each === number).length;
  if (count > labelsMax) {
    throw new ServiceError(
      'ParameterVersionLabelLimitExceeded',
      `A version of a parameter has at most ${labelsMax} labels.`,
    );
  }
  await transaction.parameters.update({ ...row, labels: all });
  return { number, invalid };
}

export async function unlabelVersion(
  transaction: CatalogTransaction,
  row: ParameterRow,
  { number = row.content.number, labels }: LabelChange,
): Promise<{ removed: string[]; invalid: string[] }> {
  checkLabels(labels);
  await requiredContent(transaction, row, number);
  const has = (label: string) => Object.hasOwn(row.labels, label) && row.labels[label] === number;
  const removed = [...new Set(labels.filter(has))];
  const left = Object.entries(row.labels).filter(([label]) => !removed.includes(label));
  await transaction.parameters.update({ ...row, labels: Object.fromEntries(left) });
  return { removed, invalid: labels.filter((label) => !removed.includes(label)) };
}

function checkLabels(labels: readonly string[]): void {
  if (labels.length >= 1 && labels.length <= labelsMax) return;
  throw validation(`A call names from 1 to ${labelsMax} labels.`);
}

function isLabel(label: string): boolean {
  return (
    label.length <= labelMaxChars &&
    /^[A-Za-z_.-][A-Za-z0-9_.-]*$/.test(label) &&
    !/^(aws|ssm)/i.test(label) &&
    label !== '__proto__'
  );
}
