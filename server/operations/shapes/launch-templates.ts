/** Launch templates and their versions as EC2 shows them. */
import type {
  LaunchTemplate,
  LaunchTemplateVersion,
  ResponseLaunchTemplateData,
} from '../../../api/generated/ec2-types.ts';
import type {
  LaunchTemplateRow,
  LaunchTemplateVersionRow,
} from '../../catalog/rows/launch-template.ts';
import { accountArn } from '../../domain/accounts.ts';
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
