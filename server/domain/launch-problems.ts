/**
 * Of a launch that nobody has asked for yet: what EC2 would refuse about what it names and
 * combines. Room on the host and free addresses are another day's affair.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import { checkCpuCredits, checkedCpuOptions, requiredInstanceType } from './instance-types.ts';
import { requiredKeyPairs } from './key-pairs.ts';
import type { LaunchRequest } from './launch.ts';
import { namedImage } from './launch-image.ts';
import { launchGroups, launchSubnet } from './launch-network.ts';
import type { Site } from './site.ts';
import type { Viewer } from './viewer.ts';

export async function launchProblems(
  reader: CatalogReader,
  viewer: Viewer,
  request: LaunchRequest,
  { hasImage, now, site }: { hasImage: boolean; now: Date; site: Site },
): Promise<ServiceError[]> {
  const { keyName } = request;
  const checks: (() => Promise<unknown>)[] = [
    async () => {
      const type = requiredInstanceType(request.instanceType);
      checkedCpuOptions(type, request.cpuOptions);
      checkCpuCredits(type, request.cpuCredits);
    },
    async () => hasImage && namedImage(reader, viewer, request, now),
    async () => keyName !== undefined && requiredKeyPairs(reader, viewer, { names: [keyName] }),
    async () => {
      const subnet = await launchSubnet(reader, viewer, request, site);
      await launchGroups(reader, viewer, request, subnet);
    },
  ];
  const problems: ServiceError[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      problems.push(error);
    }
  }
  return problems;
}
