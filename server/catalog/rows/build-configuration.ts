/**
 * Where Image Builder builds, and where it puts what was built. Their ids are their ARNs,
 * `arn:aws:imagebuilder:REGION:ACCOUNT:infrastructure-configuration/SLUG` and
 * `…:distribution-configuration/SLUG`. A build keeps a copy of what they say when it begins.
 */
import type { OwnedRow, Tags } from './row.ts';

/** The machines that images are built and tested on. */
export interface Infrastructure {
  name: string;
  slug: string;
  description?: string;
  /** The first that there is room for; none: the service chooses. */
  instanceTypes: string[];
  /** As it was given: machines of Imago have no roles, and it does nothing. */
  instanceProfileName: string;
  subnetId?: string;
  /** With the subnet; none: the default group. */
  securityGroupIds: string[];
  /** Absent: no key of the account is on the machine. */
  keyPair?: string;
  /** Otherwise a machine on which something failed stays, and runs. */
  terminateInstanceOnFailure: boolean;
  metadataOptions?: { httpTokens?: 'optional' | 'required'; httpPutResponseHopLimit?: number };
  /** Of the machines and their volumes. */
  resourceTags: Tags;
  /** Absent: anywhere. */
  availabilityZone?: string;
}

export interface InfrastructureConfigurationRow extends OwnedRow, Infrastructure {
  /** Absent: as it was made. */
  updatedAt?: string;
  tags: Tags;
}

export interface Distributions {
  name: string;
  slug: string;
  description?: string;
  /** One a region. */
  distributions: Distribution[];
}

export interface DistributionConfigurationRow extends OwnedRow, Distributions {
  /** Absent: as it was made. */
  updatedAt?: string;
  tags: Tags;
}

/** What becomes of the image in a region. */
export interface Distribution {
  region: string;
  ami?: {
    /** With `{{ imagebuilder:buildDate }}` and `{{ imagebuilder:buildVersion }}`. */
    name?: string;
    description?: string;
    tags: Tags;
    /** As it was given. Absent: as the image that was built. */
    kmsKeyId?: string;
    launchPermission?: {
      userIds: string[];
      /** `all`, or none. */
      userGroups: string[];
      organizationArns: string[];
      organizationalUnitArns: string[];
    };
  };
  /** Of each a new version names the image. */
  launchTemplates: { launchTemplateId: string; setDefaultVersion: boolean }[];
  parameters: { name: string; dataType: 'text' | 'aws:ec2:image' }[];
}
