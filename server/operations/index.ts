/**
 * The table of operations: every action that api/offered.ts offers, with its handler. A gap, a handler too many or one of
 * another action's type does not compile.
 */
import type { Ec2Inputs, Ec2Outputs } from '../../api/generated/ec2-types.ts';
import type { StsInputs, StsOutputs } from '../../api/generated/sts-types.ts';
import type { ImagoInputs, ImagoOutputs } from '../../api/imago.ts';

import { authorizeSecurityGroupIngress } from './ec2/AuthorizeSecurityGroupIngress.ts';
import { createImage } from './ec2/CreateImage.ts';
import { createKeyPair } from './ec2/CreateKeyPair.ts';
import { createSecurityGroup } from './ec2/CreateSecurityGroup.ts';
import { createSnapshot } from './ec2/CreateSnapshot.ts';
import { createTags } from './ec2/CreateTags.ts';
import { deleteKeyPair } from './ec2/DeleteKeyPair.ts';
import { deleteSecurityGroup } from './ec2/DeleteSecurityGroup.ts';
import { deleteSnapshot } from './ec2/DeleteSnapshot.ts';
import { deleteTags } from './ec2/DeleteTags.ts';
import { deregisterImage } from './ec2/DeregisterImage.ts';
import { describeAvailabilityZones } from './ec2/DescribeAvailabilityZones.ts';
import { describeImages } from './ec2/DescribeImages.ts';
import { describeInstanceStatus } from './ec2/DescribeInstanceStatus.ts';
import { describeInstances } from './ec2/DescribeInstances.ts';
import { describeInstanceTypes } from './ec2/DescribeInstanceTypes.ts';
import { describeKeyPairs } from './ec2/DescribeKeyPairs.ts';
import { describeRegions } from './ec2/DescribeRegions.ts';
import { describeSecurityGroups } from './ec2/DescribeSecurityGroups.ts';
import { describeSnapshots } from './ec2/DescribeSnapshots.ts';
import { describeSubnets } from './ec2/DescribeSubnets.ts';
import { describeTags } from './ec2/DescribeTags.ts';
import { describeVolumes } from './ec2/DescribeVolumes.ts';
import { describeVpcs } from './ec2/DescribeVpcs.ts';
import { getConsoleOutput } from './ec2/GetConsoleOutput.ts';
import { importKeyPair } from './ec2/ImportKeyPair.ts';
import { rebootInstances } from './ec2/RebootInstances.ts';
import { registerImage } from './ec2/RegisterImage.ts';
import { revokeSecurityGroupIngress } from './ec2/RevokeSecurityGroupIngress.ts';
import { runInstances } from './ec2/RunInstances.ts';
import { startInstances } from './ec2/StartInstances.ts';
import { stopInstances } from './ec2/StopInstances.ts';
import { terminateInstances } from './ec2/TerminateInstances.ts';
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
