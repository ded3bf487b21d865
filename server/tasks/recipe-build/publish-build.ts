/**
 * The last of a build: whom its images are shared with, the launch templates and parameters that
 * name them, and the row of the build are written all at once, so that nobody hears of a part.
 */
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { BuiltAmi, ImageBuildRow } from '../../catalog/rows/image-build.ts';
import { settingsOf } from '../../domain/account-settings.ts';
import { checkImageShareable } from '../../domain/encrypted-sharing.ts';
import { withPermissions } from '../../domain/image-permissions.ts';
import {
  addTemplateVersion,
  requiredLaunchTemplate,
  requiredTemplateVersion,
} from '../../domain/launch-templates.ts';
import { putParameter } from '../../domain/parameter-changes.ts';
import { orFailAsync, type RunContext, TaskFailure, type TaskServices } from '../task.ts';
import { changeBuild, stepEnded } from './build-row.ts';
import type { Captured } from './capture-build.ts';
import type { Copies } from './distribute-build.ts';
import { type Distribution, distributionIn } from './distribution-in.ts';

export async function publishBuild(
  { services }: RunContext,
  build: ImageBuildRow,
  { imageId }: Captured,
  copies: Copies,
): Promise<void> {
  const places = Object.entries({ [build.region]: imageId, ...copies });
  const now = services.clock.now();
  await services.catalog.write(async (transaction) => {
    const before = await transaction.imageBuilds.get(build.id);
    if (before?.finishedAt !== undefined) return;
    const amis: BuiltAmi[] = [];
    for (const [region, id] of places) {
      const image = await transaction.images.get(id);
      if (!image) throw gone(id);
      const distribution = distributionIn(build, region);
      if (distribution) {
        await orFailAsync(() => publish(transaction, services, distribution, image));
      }
      const { account, name, description } = image;
      amis.push({ region, account, imageId: id, name, ...(description && { description }) });
    }
    await changeBuild(transaction, build.id, (row) => ({
      ...stepEnded(row, 'distribute', 'COMPLETED', now),
      ...{ state: 'AVAILABLE', imageId, amis, finishedAt: now.toISOString() },
    }));
  });
}

async function publish(
  transaction: CatalogTransaction,
  { clock }: TaskServices,
  { ami, launchTemplates, parameters }: Distribution,
  image: ImageRow,
): Promise<void> {
  const owner = { account: image.account, region: image.region };
  const { launchPermission: shared } = ami ?? {};
  if (shared) {
    const add = [
      ...shared.userIds,
      ...shared.userGroups,
      ...shared.organizationArns,
      ...shared.organizationalUnitArns,
    ];
    const settings = await settingsOf(transaction, owner);
    await transaction.images.update(withPermissions(image, { add, remove: [] }, settings));
    await checkImageShareable(transaction, image, add);
  }
  for (const { launchTemplateId, setDefaultVersion } of launchTemplates) {
    const named = { LaunchTemplateId: launchTemplateId };
    const template = await requiredLaunchTemplate(transaction, owner, named);
    const { data } = await requiredTemplateVersion(transaction, template, undefined);
    const version = { description: image.name, data: { ...data, ImageId: image.id } };
    const { number } = await addTemplateVersion(transaction, template, version, clock);
    if (!setDefaultVersion) continue;
    const changed = await requiredLaunchTemplate(transaction, owner, named);
    await transaction.launchTemplates.update({ ...changed, defaultVersion: number });
  }
  for (const { name, dataType } of parameters) {
    const asked = { name, value: image.id, dataType, type: 'String', overwrite: true };
    await putParameter(transaction, { ...owner, groups: [] }, asked, clock.now());
  }
}

function gone(id: string): TaskFailure {
  const code = 'Client.ResourceNotFound';
  return new TaskFailure(code, `${code}: ${id} of the build is not there any more.`);
}
