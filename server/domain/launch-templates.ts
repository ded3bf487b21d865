/**
 * Launch templates: which one a request names, their names, versions and limits. What a version
 * says of a launch is a document here; requests/launch-template-data.ts reads it.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import {
  type LaunchTemplateData,
  type LaunchTemplateRow,
  type LaunchTemplateVersionRow,
  versionRowId,
} from '../catalog/rows/launch-template.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { FilterTable } from './filters.ts';
import type { Clock, Ids } from './identity.ts';
import { requiredRows } from './resource-ids.ts';
import type { Owner } from './viewer.ts';

/** EC2's quotas: of an account in a region, and of a template. */
const templatesMax = 5000;
const versionsMax = 10_000;
const descriptionMaxChars = 255;
const namePattern = /^[a-zA-Z0-9().\-/_]{3,128}$/;

/** EC2's, of templates and of versions. */
export const launchTemplatePageBounds = { min: 1, max: 200 };

/** What EC2 takes for the actions on templates. */
export const templateTokenMaxChars = 128;

export const launchTemplateFilters: FilterTable<LaunchTemplateRow> = {
  values: {
    'create-time': (row) => row.createdAt,
    'launch-template-name': (row) => row.name,
  },
  tags: (row) => row.tags,
};

export interface NamedTemplate {
  LaunchTemplateId?: string;
  LaunchTemplateName?: string;
}

export interface NewVersion {
  description?: string;
  data: LaunchTemplateData;
}

const templatesById = requiredRows('launchTemplate');

/** The templates of these ids, then of these names; what does not exist is refused. */
export async function requiredLaunchTemplates(
  reader: CatalogReader,
  viewer: Owner,
  { ids = [], names = [] }: { ids?: readonly string[]; names?: readonly string[] },
): Promise<LaunchTemplateRow[]> {
  const byId = await templatesById(reader, viewer, ids);
  const { account, region } = viewer;
  const where = { account, region, name: names };
  const named = await reader.launchTemplates.list({ where });
  const missing = names.find((name) => !named.some((row) => row.name === name));
  if (missing !== undefined) {
    throw new ServiceError(
      'InvalidLaunchTemplateName.NotFoundException',
      `The specified launch template, with template name ${missing}, does not exist.`,
    );
  }
  return [...new Map([...byId, ...named].map((row) => [row.id, row])).values()];
}

/** The one template that a request names by id or by name. */
export async function requiredLaunchTemplate(
  reader: CatalogReader,
  viewer: Owner,
  named: NamedTemplate,
): Promise<LaunchTemplateRow> {
  const { ids, names } = namesOf(named);
  if (ids.length + names.length !== 1) {
    throw new ServiceError(
      ids.length > 0 ? 'InvalidParameterCombination' : 'MissingParameter',
      'The request must contain either LaunchTemplateId or LaunchTemplateName.',
    );
  }
  const [row] = await requiredLaunchTemplates(reader, viewer, { ids, names });
  return row as LaunchTemplateRow;
}

/** An empty one names none. */
export function namesOf({ LaunchTemplateId: id, LaunchTemplateName: name }: NamedTemplate) {
  return { ids: id ? [id] : [], names: name ? [name] : [] };
}

/** The number that a request means; that there is such a version, nobody has looked yet. */
export function versionNumber(template: LaunchTemplateRow, version: string): number {
  if (version === '$Latest') return template.latestVersion;
  if (version === '$Default') return template.defaultVersion;
  return plainVersionNumber(version);
}

export function plainVersionNumber(version: string): number {
  if (/^[1-9]\d{0,8}$/.test(version)) return Number(version);
  throw new ServiceError(
    'InvalidParameterValue',
    `Invalid launch template version '${version}'. It is a number, $Latest or $Default.`,
  );
}

/** Without a version the default one. */
export async function requiredTemplateVersion(
  reader: CatalogReader,
  template: LaunchTemplateRow,
  version: string | undefined,
): Promise<LaunchTemplateVersionRow> {
  const number = versionNumber(template, version || '$Default');
  const row = await reader.launchTemplateVersions.get(versionRowId(template.id, number));
  if (row) return row;
  throw new ServiceError(
    'InvalidLaunchTemplateId.VersionNotFound',
    `Could not find the specified version ${number} for the launch template with ID ${template.id}.`,
  );
}

/** With its first version. */
export async function addLaunchTemplate(
  transaction: CatalogTransaction,
  { account, region }: Owner,
  { name, tags, ...first }: NewVersion & { name: string; tags: Tags },
  { clock, ids }: { clock: Clock; ids: Ids },
): Promise<LaunchTemplateRow> {
  checkName(name);
  const { launchTemplates } = transaction;
  if ((await launchTemplates.count({ where: { account, region, name } })) > 0) {
    throw new ServiceError(
      'InvalidLaunchTemplateName.AlreadyExistsException',
      'Launch template name already in use.',
    );
  }
  if ((await launchTemplates.count({ where: { account, region } })) >= templatesMax) {
    throw new ServiceError(
      'LaunchTemplateLimitExceeded',
      `An account has at most ${templatesMax} launch templates in a region.`,
    );
  }
  const made = {
    id: ids.resource('lt'),
    account,
    region,
    createdAt: clock.now().toISOString(),
    name,
    defaultVersion: 1,
    latestVersion: 1,
    lastNumber: 1,
    tags,
  };
  await launchTemplates.insert(made);
  await insertVersion(transaction, made, first, clock);
  return made;
}

export async function addTemplateVersion(
  transaction: CatalogTransaction,
  template: LaunchTemplateRow,
  version: NewVersion,
  clock: Clock,
): Promise<LaunchTemplateVersionRow> {
  const { launchTemplateVersions, launchTemplates } = transaction;
  const where = { templateId: template.id };
  if ((await launchTemplateVersions.count({ where })) >= versionsMax) {
    throw new ServiceError(
      'VersionLimitExceeded',
      `A launch template has at most ${versionsMax} versions.`,
    );
  }
  const number = template.lastNumber + 1;
  const changed = { ...template, latestVersion: number, lastNumber: number };
  return insertVersion(transaction, await launchTemplates.update(changed), version, clock);
}

async function insertVersion(
  { launchTemplateVersions }: CatalogTransaction,
  { id: templateId, account, region, lastNumber: number }: LaunchTemplateRow,
  { description, data }: NewVersion,
  clock: Clock,
): Promise<LaunchTemplateVersionRow> {
  if (description !== undefined && description.length > descriptionMaxChars) {
    throw new ServiceError(
      'InvalidParameterValue',
      `A VersionDescription has at most ${descriptionMaxChars} characters.`,
    );
  }
  const row = {
    id: versionRowId(templateId, number),
    account,
    region,
    createdAt: clock.now().toISOString(),
    templateId,
    number,
    ...(description && { description }),
    data,
  };
  await launchTemplateVersions.insert(row);
  return row;
}

function checkName(name: string): void {
  if (namePattern.test(name)) return;
  throw new ServiceError(
    'InvalidLaunchTemplateName.MalformedException',
    'A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _',
  );
}
