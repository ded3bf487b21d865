/** Launch templates and their versions as EC2 shows them. */
import type {
  LaunchTemplate,
  LaunchTemplateVersion,
  ResponseLaunchTemplateData,
} from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type {
  LaunchTemplateRow,
  LaunchTemplateVersionRow,
} from '../../catalog/rows/launch-template.ts';
import { accountArn } from '../../domain/accounts.ts';
import { resolveImageId } from '../../domain/resolve-image-id.ts';
import type { Owner } from '../../domain/viewer.ts';
import { tagList } from './tags.ts';

export function launchTemplateShape(row: LaunchTemplateRow): LaunchTemplate {
  return {
    LaunchTemplateId: row.id,
    LaunchTemplateName: row.name,
    CreateTime: new Date(row.createdAt),
    CreatedBy: accountArn(row.account),
    DefaultVersionNumber: row.defaultVersion,
    LatestVersionNumber: row.latestVersion,
    Operator: { Managed: false },
    Tags: tagList(row.tags),
  };
}

export function launchTemplateVersionShape(
  row: LaunchTemplateVersionRow,
  template: LaunchTemplateRow,
): LaunchTemplateVersion {
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    VersionNumber: row.number,
    VersionDescription: row.description,
    CreateTime: new Date(row.createdAt),
    CreatedBy: accountArn(row.account),
    DefaultVersion: row.number === template.defaultVersion,
    Operator: { Managed: false },
    // A member has one name in requests and in answers.
    LaunchTemplateData: row.data as ResponseLaunchTemplateData,
  };
}

/** With the image that a parameter names now; what resolves to nothing is shown as it was sent. */
export async function resolvedVersion(
  reader: CatalogReader,
  viewer: Owner,
  shown: LaunchTemplateVersion,
  now: Date,
): Promise<LaunchTemplateVersion> {
  const { ImageId: sent, ...rest } = shown.LaunchTemplateData ?? {};
  if (sent === undefined) return shown;
  const ImageId = await resolveImageId(reader, viewer, sent, now).catch((error) => {
    if (error instanceof ServiceError) return sent;
    throw error;
  });
  return { ...shown, LaunchTemplateData: { ...rest, ImageId } };
}
