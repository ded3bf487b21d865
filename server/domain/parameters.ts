/**
 * Parameters of the parameter store: what a request names, by name, ARN, version and label. An
 * account sees its own and the public ones; none are shared. What changes them is in
 * parameter-changes.ts.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import {
  type ParameterContent,
  type ParameterRow,
  parameterRowId,
  parameterVersionRowId,
} from '../catalog/rows/parameter.ts';
import { providerAccount } from './accounts.ts';
import { type Page, type PageInput, type PageScope, pageOf } from './pages.ts';
import {
  type ProviderVersion,
  type PublicParameter,
  publicParameters,
  publicRoot,
} from './public-parameters.ts';
import type { Owner } from './viewer.ts';

/** A version of a parameter, whoever's it is. */
export interface FoundParameter {
  id: string;
  name: string;
  arn: string;
  content: ParameterContent;
  /** Of this version. */
  labels: string[];
}

/** What a request names it by. */
interface ParameterName {
  name: string;
  /** An ARN does not tell `name` from `/name`. */
  orRooted?: true;
  /** `:3` or `:label`, as it was sent. */
  selector?: string;
}

const namePattern = /^[A-Za-z0-9_.\-/]{1,2048}$/;
const arnPattern = /^arn:aws:ssm:([a-z0-9-]+):(\d{12})?:parameter\/([^:]+)$/;

export function validation(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

function parameterNotFound(name: string): ServiceError {
  return new ServiceError('ParameterNotFound', `Parameter ${name} not found.`);
}

function versionNotFound(name: string, selector: string | number): ServiceError {
  return new ServiceError(
    'ParameterVersionNotFound',
    `Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`,
  );
}

export function checkedParameterName(text: string): string {
  const name = text.trim();
  if (namePattern.test(name)) return name;
  throw validation(
    `Parameter name: "${name}" must consist of letters, digits and the symbols . - _, with / between the levels of a hierarchy.`,
  );
}

/** The service's own pages: one has `max` where nobody says how many. */
export function parameterPage(input: PageInput, scope: PageScope, max: number): Page {
  const { MaxResults = max } = input;
  if (MaxResults < 1 || MaxResults > max) {
    throw validation(`MaxResults is ${MaxResults}, and must be from 1 to ${max}.`);
  }
  return pageOf({ ...input, MaxResults }, scope, { min: 1, max });
}

export function parameterArn({ account, region }: Owner, name: string): string {
  return `arn:aws:ssm:${region}:${account}:parameter/${name.replace(/^\//, '')}`;
}

function parsedName(viewer: Owner, text: string): ParameterName {
  const [, plain = '', selector] = /^((?:arn(?::[^:]*){4}:)?[^:]*)(:[^:]*)?$/.exec(text) ?? [];
  if (!plain.startsWith('arn:')) return { name: checkedParameterName(plain), selector };
  const [, region, account, path = ''] = arnPattern.exec(plain) ?? [];
  const isPublic = account === undefined && `/${path}`.startsWith(publicRoot);
  const isSeen = region === viewer.region && (isPublic || account === viewer.account);
  if (!isSeen) throw parameterNotFound(text);
  if (path.includes('/')) return { name: checkedParameterName(`/${path}`), selector };
  return { name: checkedParameterName(path), orRooted: true, selector };
}

export async function requiredParameter(
  reader: CatalogReader,
  viewer: Owner,
  text: string,
  now: Date,
): Promise<FoundParameter & { selector?: string }> {
  const named = parsedName(viewer, text);
  const { name, selector } = named;
  if (name.startsWith(publicRoot)) {
    const parameter = await requiredPublic(reader, viewer, name, now);
    const version = versionOfPublic(parameter, selector);
    return { ...publicShown(parameter, version, viewer.region), selector };
  }
  const row = await requiredRow(reader, viewer, named);
  const content = await contentOf(reader, row, selector);
  return { ...parameterShown(row, content), selector };
}

/** One's own, by its name alone: what is about to be changed. */
export async function requiredOwnParameter(
  reader: CatalogReader,
  viewer: Owner,
  text: string,
): Promise<ParameterRow> {
  const name = checkedParameterName(text);
  return requiredRow(reader, viewer, { name });
}

async function requiredRow(
  { parameters }: CatalogReader,
  viewer: Owner,
  { name, orRooted }: ParameterName,
): Promise<ParameterRow> {
  const row = await parameters.get(parameterRowId(viewer, name));
  if (row) return row;
  const rooted = orRooted && (await parameters.get(parameterRowId(viewer, `/${name}`)));
  if (rooted) return rooted;
  throw parameterNotFound(name);
}

export function parameterShown(row: ParameterRow, content: ParameterContent): FoundParameter {
  const labels = Object.entries(row.labels).filter(([, number]) => number === content.number);
  return {
    id: row.id,
    name: row.name,
    arn: parameterArn(row, row.name),
    content,
    labels: labels.map(([label]) => label).sort(),
  };
}

export function publicShown(
  { name, description }: PublicParameter,
  { image, number }: ProviderVersion,
  region: string,
): FoundParameter {
  const content = {
    number,
    type: 'String' as const,
    dataType: 'aws:ec2:image' as const,
    value: image.id,
    description,
    modifiedAt: image.createdAt,
  };
  return { id: name, name, arn: parameterArn({ account: '', region }, name), content, labels: [] };
}

/** The newest without a selector. */
async function contentOf(
  reader: CatalogReader,
  row: ParameterRow,
  selector: string | undefined,
): Promise<ParameterContent> {
  if (selector === undefined) return row.content;
  const wanted = selector.slice(1);
  const labelled = Object.hasOwn(row.labels, wanted) ? row.labels[wanted] : undefined;
  const number = versionNumber(wanted) ?? labelled;
  if (number === undefined) throw versionNotFound(row.name, wanted);
  return requiredContent(reader, row, number);
}

export async function requiredContent(
  { parameterVersions }: CatalogReader,
  row: ParameterRow,
  number: number,
): Promise<ParameterContent> {
  if (number === row.content.number) return row.content;
  const version = await parameterVersions.get(parameterVersionRowId(row.id, number));
  if (!version) throw versionNotFound(row.name, number);
  return version.content;
}

function versionOfPublic(parameter: PublicParameter, selector: string | undefined) {
  if (selector === undefined) return parameter.newest;
  const number = versionNumber(selector.slice(1));
  const version = parameter.versions.find((each) => each.number === number);
  if (version) return version;
  throw versionNotFound(parameter.name, selector.slice(1));
}

/** No label begins with a digit. */
function versionNumber(text: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

/** All versions that are kept, oldest first, and whose they are. */
export async function parameterHistoryOf(
  reader: CatalogReader,
  viewer: Owner,
  text: string,
  now: Date,
): Promise<{ versions: FoundParameter[]; account: string }> {
  const named = parsedName(viewer, text);
  if (named.selector !== undefined) throw validation('A history is of a whole parameter.');
  const { account, region } = viewer;
  if (named.name.startsWith(publicRoot)) {
    const parameter = await requiredPublic(reader, viewer, named.name, now);
    const found = parameter.versions.map((each) => publicShown(parameter, each, region));
    return { versions: found.map(withVersionId), account: providerAccount.id };
  }
  const row = await requiredRow(reader, viewer, named);
  const versions = await reader.parameterVersions.list({
    where: { account, region },
    after: parameterVersionRowId(row.id, row.oldest - 1),
    limit: row.content.number - row.oldest + 1,
  });
  const shown = versions.map(({ content }) => parameterShown(row, content));
  return { versions: shown.map(withVersionId), account };
}

/** Versions of one parameter, in order of their ids. */
function withVersionId(found: FoundParameter): FoundParameter {
  return { ...found, id: parameterVersionRowId(found.id, found.content.number) };
}

async function requiredPublic(
  reader: CatalogReader,
  { region }: Owner,
  name: string,
  now: Date,
): Promise<PublicParameter> {
  const all = await publicParameters(reader, region, now);
  const parameter = all.find((each) => each.name === name);
  if (parameter) return parameter;
  throw parameterNotFound(name);
}

/** Of the viewer, whose names begin with this; those of all levels below `/` have any name. */
export async function* parametersBelow(
  { parameters }: CatalogReader,
  { account, region }: Owner,
  path: string,
  after: string | undefined,
): AsyncGenerator<ParameterRow> {
  const prefix = parameterRowId({ account, region }, path === '/' ? '' : path);
  const where = { account, region };
  for await (const row of parameters.scan({ where, after: after ?? prefix })) {
    if (!row.id.startsWith(prefix)) return;
    yield row;
  }
}

/** Nothing but a name is left below the path. */
export function isRightBelow(path: string, name: string): boolean {
  const rest = path === '/' ? name.replace(/^\//, '') : name.slice(path.length);
  return !rest.includes('/');
}

/** `/a/b/`, as names below it begin; `/` is the whole of them. */
export function checkedPath(text: string): string {
  const path = text.trim();
  if (!path.startsWith('/') || /\/\//.test(path) || (path !== '/' && !namePattern.test(path))) {
    throw validation(
      'The parameter path must begin with a slash, and have letters, digits and the symbols . - _ between slashes.',
    );
  }
  return path.endsWith('/') ? path : `${path}/`;
}
