/**
 * The table of operations: every action that api/offered.ts offers, with its handler. A gap, a handler too many or one of
 * another action's type does not compile.
 */
import type { Ec2Inputs, Ec2Outputs } from '../../api/generated/ec2-types.ts';
import type { StsInputs, StsOutputs } from '../../api/generated/sts-types.ts';
import type { ImagoInputs, ImagoOutputs } from '../../api/imago.ts';
import { createImage } from './ec2/images/CreateImage.ts';
import { deregisterImage } from './ec2/images/DeregisterImage.ts';
import { describeImages } from './ec2/images/DescribeImages.ts';
import { registerImage } from './ec2/images/RegisterImage.ts';
import { describeInstanceStatus } from './ec2/instances/DescribeInstanceStatus.ts';
import { describeInstances } from './ec2/instances/DescribeInstances.ts';
import { describeInstanceTypes } from './ec2/instances/DescribeInstanceTypes.ts';
import { getConsoleOutput } from './ec2/instances/GetConsoleOutput.ts';
import { rebootInstances } from './ec2/instances/RebootInstances.ts';
import { runInstances } from './ec2/instances/RunInstances.ts';
import { startInstances } from './ec2/instances/StartInstances.ts';
import { stopInstances } from './ec2/instances/StopInstances.ts';
import { terminateInstances } from './ec2/instances/TerminateInstances.ts';
import { createKeyPair } from './ec2/key-pairs/CreateKeyPair.ts';
import { deleteKeyPair } from './ec2/key-pairs/DeleteKeyPair.ts';
import { describeKeyPairs } from './ec2/key-pairs/DescribeKeyPairs.ts';
import { importKeyPair } from './ec2/key-pairs/ImportKeyPair.ts';
import { describeSubnets } from './ec2/networks/DescribeSubnets.ts';
import { describeVpcs } from './ec2/networks/DescribeVpcs.ts';
import { describeAvailabilityZones } from './ec2/regions/DescribeAvailabilityZones.ts';
import { describeRegions } from './ec2/regions/DescribeRegions.ts';
import { authorizeSecurityGroupIngress } from './ec2/security-groups/AuthorizeSecurityGroupIngress.ts';
import { createSecurityGroup } from './ec2/security-groups/CreateSecurityGroup.ts';
import { deleteSecurityGroup } from './ec2/security-groups/DeleteSecurityGroup.ts';
import { describeSecurityGroups } from './ec2/security-groups/DescribeSecurityGroups.ts';
import { revokeSecurityGroupIngress } from './ec2/security-groups/RevokeSecurityGroupIngress.ts';
import { createSnapshot } from './ec2/snapshots/CreateSnapshot.ts';
import { deleteSnapshot } from './ec2/snapshots/DeleteSnapshot.ts';
import { describeSnapshots } from './ec2/snapshots/DescribeSnapshots.ts';
import { createTags } from './ec2/tags/CreateTags.ts';
import { deleteTags } from './ec2/tags/DeleteTags.ts';
import { describeTags } from './ec2/tags/DescribeTags.ts';
import { describeVolumes } from './ec2/volumes/DescribeVolumes.ts';
import { buildImage } from './imago/BuildImage.ts';
import { describeServer } from './imago/DescribeServer.ts';
import { describeTasks } from './imago/DescribeTasks.ts';
import type { Operation } from './operation.ts';
import { getCallerIdentity } from './sts/GetCallerIdentity.ts';

type Operations<Inputs, Outputs> = {
  readonly [Action in keyof Inputs & keyof Outputs]: Operation<Inputs[Action], Outputs[Action]>;
};

export const ec2Operations: Operations<Ec2Inputs, Ec2Outputs> = {
  AuthorizeSecurityGroupIngress: authorizeSecurityGroupIngress,
  CreateImage: createImage,
  CreateKeyPair: createKeyPair,
  CreateSecurityGroup: createSecurityGroup,
  CreateSnapshot: createSnapshot,
  CreateTags: createTags,
  DeleteKeyPair: deleteKeyPair,
  DeleteSecurityGroup: deleteSecurityGroup,
  DeleteSnapshot: deleteSnapshot,
  DeleteTags: deleteTags,
  DeregisterImage: deregisterImage,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeImages: describeImages,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeInstances: describeInstances,
  DescribeKeyPairs: describeKeyPairs,
  DescribeRegions: describeRegions,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeSnapshots: describeSnapshots,
  DescribeSubnets: describeSubnets,
  DescribeTags: describeTags,
  DescribeVolumes: describeVolumes,
  DescribeVpcs: describeVpcs,
  GetConsoleOutput: getConsoleOutput,
  ImportKeyPair: importKeyPair,
  RebootInstances: rebootInstances,
  RegisterImage: registerImage,
  RevokeSecurityGroupIngress: revokeSecurityGroupIngress,
  RunInstances: runInstances,
  StartInstances: startInstances,
  StopInstances: stopInstances,
  TerminateInstances: terminateInstances,
};

export const stsOperations: Operations<StsInputs, StsOutputs> = {
  GetCallerIdentity: getCallerIdentity,
};

export const imagoOperations: Operations<ImagoInputs, ImagoOutputs> = {
  BuildImage: buildImage,
  DescribeServer: describeServer,
  DescribeTasks: describeTasks,
};
