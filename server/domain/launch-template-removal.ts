/**
 * The end of launch templates, and of versions: each of these goes or stays for a reason of its
 * own. Instances do not care what they were launched from.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import { type LaunchTemplateRow, versionRowId } from '../catalog/rows/launch-template.ts';
import { plainVersionNumber } from './launch-templates.ts';

/** EC2's limit of one call. */
const deletedAtOnceMax = 200;

const versionsAtATime = 200;

export interface VersionRemoval {
  number: number;
  /** In EC2's words, why it is still there. */
  refused?: { code: string; message: string };
}

/** With all its versions. */
export async function deleteTemplate(
  { launchTemplates, launchTemplateVersions }: CatalogTransaction,
  { id }: LaunchTemplateRow,
): Promise<void> {
  await launchTemplates.delete(id);
  const page = { where: { templateId: id }, limit: versionsAtATime };
  for (;;) {
    const versions = await launchTemplateVersions.list(page);
    for (const version of versions) await launchTemplateVersions.delete(version.id);
    if (versions.length < versionsAtATime) return;
    await new Promise(setImmediate);
  }
}

/** Of each version that is asked for, in that order, what becomes of it. */
export async function deleteTemplateVersions(
  transaction: CatalogTransaction,
  template: LaunchTemplateRow,
  versions: readonly string[],
): Promise<VersionRemoval[]> {
  if (versions.length > deletedAtOnceMax) {
    throw new ServiceError(
      'InvalidParameterValue',
      `At most ${deletedAtOnceMax} launch template versions can be deleted in one call.`,
    );
  }
  const removals: VersionRemoval[] = [];
  for (const number of new Set(versions.map(plainVersionNumber))) {
    removals.push(await deleteVersion(transaction, template, number));
  }
  const { launchTemplates, launchTemplateVersions } = transaction;
  const where = { templateId: template.id };
  const [newest] = await launchTemplateVersions.list({ where, limit: 1 });
  const latestVersion = newest?.number ?? template.latestVersion;
  if (latestVersion !== template.latestVersion) {
    await launchTemplates.update({ ...template, latestVersion });
  }
  return removals;
}

async function deleteVersion(
  { launchTemplateVersions }: CatalogTransaction,
  template: LaunchTemplateRow,
  number: number,
): Promise<VersionRemoval> {
  if (number === template.defaultVersion) {
    const message = `Version ${number} is the default version, which cannot be deleted.`;
    return { number, refused: { code: 'unexpectedError', message } };
  }
  const id = versionRowId(template.id, number);
  if (!(await launchTemplateVersions.get(id))) {
    const message = `Could not find the specified version ${number}.`;
    return { number, refused: { code: 'launchTemplateVersionDoesNotExist', message } };
  }
  await launchTemplateVersions.delete(id);
  return { number };
}
