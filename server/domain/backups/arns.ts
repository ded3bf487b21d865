/**
 * ARNs of AWS Backup: those of its own things, which are the ids of their rows, and those of what
 * EC2 has, by which it names what is backed up and the images and snapshots that came of it.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { BackupResourceType } from '../../catalog/rows/backup-vault.ts';
import type { Owner } from '../viewer.ts';

type Place = { id: string } & Owner;

export function vaultArn({ account, region }: Owner, name: string): string {
  return `arn:aws:backup:${region}:${account}:backup-vault:${name}`;
}

export function testingPlanArn({ account, region }: Owner, name: string): string {
  return `arn:aws:backup:${region}:${account}:restore-testing-plan:${name}`;
}

export function instanceArn({ account, region, id }: Place): string {
  return `arn:aws:ec2:${region}:${account}:instance/${id}`;
}

export function volumeArn({ account, region, id }: Place): string {
  return `arn:aws:ec2:${region}:${account}:volume/${id}`;
}

/** Of images and snapshots, be they recovery points or not. */
export function imagePointArn({ region, id }: Omit<Place, 'account'>): string {
  return `arn:aws:ec2:${region}::image/${id}`;
}

export function snapshotPointArn({ region, id }: Omit<Place, 'account'>): string {
  return `arn:aws:ec2:${region}::snapshot/${id}`;
}

const vaultPattern = /^arn:aws[^:]*:backup:([^:]+):([0-9]{12}):backup-vault:(.+)$/;

/** As a request names one that may be elsewhere. */
export function parsedVault(arn: string): Owner & { name: string } {
  const [, region, account, name] = vaultPattern.exec(arn) ?? [];
  if (region === undefined || account === undefined || name === undefined) {
    throw invalidParameter(`'${arn}' is no ARN of a backup vault.`);
  }
  return { region, account, name };
}

export interface ResourceArn extends Owner {
  type: BackupResourceType;
  id: string;
}

const resourcePattern = /^arn:aws[^:]*:ec2:([^:]+):([0-9]{12}):(instance|volume)\/(.+)$/;

/** An instance or a volume. */
export function parsedResource(arn: string): ResourceArn {
  const [, region, account, kind, id] = resourcePattern.exec(arn) ?? [];
  if (region === undefined || account === undefined || id === undefined) {
    throw invalidParameter(`Invalid ResourceArn: '${arn}' is of no EC2 instance or EBS volume.`);
  }
  return { type: kind === 'instance' ? 'EC2' : 'EBS', region, account, id };
}

/** The id that the ARN of a recovery point has of its image or snapshot. */
export function idOfPoint(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

export function invalidParameter(message: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', message);
}

export function invalidState(message: string): ServiceError {
  return new ServiceError('InvalidResourceStateException', message);
}

export function invalidRequest(message: string): ServiceError {
  return new ServiceError('InvalidRequestException', message);
}

export function noBackup(message: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', message);
}

/** The name that its ARN ends with. */
export function nameOfVault({ vaultArn }: { vaultArn: string }): string {
  return vaultArn.slice(vaultArn.lastIndexOf(':') + 1);
}
