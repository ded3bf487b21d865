/** Launch templates for tests of operations, made as clients make them. */
import type {
  CreateLaunchTemplateRequest,
  RequestLaunchTemplateData,
  RunInstancesRequest,
} from '../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import { runInstances } from './ec2/instances/RunInstances.ts';
import { createLaunchTemplate } from './ec2/launch-templates/CreateLaunchTemplate.ts';
import { createLaunchTemplateVersion } from './ec2/launch-templates/CreateLaunchTemplateVersion.ts';
import type { OperationContext } from './operation.ts';

/** The id of a template with one version. */
export async function makeTemplate(
  context: OperationContext,
  LaunchTemplateData: RequestLaunchTemplateData = {},
  more: Partial<CreateLaunchTemplateRequest> = {},
): Promise<string> {
  const request = { LaunchTemplateName: 'web', LaunchTemplateData, ...more };
  const { LaunchTemplate } = await createLaunchTemplate.run(request, context);
  return LaunchTemplate?.LaunchTemplateId ?? '';
}

/** The number of a further version. */
export async function addVersion(
  context: OperationContext,
  LaunchTemplateId: string,
  LaunchTemplateData: RequestLaunchTemplateData,
): Promise<number> {
  const request = { LaunchTemplateId, LaunchTemplateData };
  const { LaunchTemplateVersion } = await createLaunchTemplateVersion.run(request, context);
  return LaunchTemplateVersion?.VersionNumber ?? 0;
}

/** The row of the one instance that is launched from the template. */
export async function runTemplate(
  context: OperationContext,
  LaunchTemplateId: string,
  more: Partial<RunInstancesRequest> = {},
): Promise<InstanceRow> {
  const request = { MinCount: 1, MaxCount: 1, LaunchTemplate: { LaunchTemplateId }, ...more };
  const { Instances } = await runInstances.run(request, context);
  const id = Instances?.[0]?.InstanceId ?? '';
  const row = await context.catalog.read(({ instances }) => instances.get(id));
  if (!row) throw new Error('no instance was launched');
  return row;
}
