/** Fleets: calls that launched instances from several templates, and what came of it. */
import type { OwnedRow, Tags } from './row.ts';

/** Of type `instant`: it is done when it is written. */
export interface FleetRow extends OwnedRow {
  clientToken?: string;
  /** What was asked for, as EC2's requests have it. */
  config: Readonly<Record<string, unknown>>;
  /** How many of the wanted units were launched. */
  fulfilledUnits: number;
  launches: FleetLaunch[];
  failures: FleetFailure[];
  tags: Tags;
}

/** Where a fleet may launch: a version of a template, and what goes over it. */
export interface FleetPlace {
  templateId: string;
  templateName: string;
  versionNumber: number;
  /** As EC2's requests have them. */
  overrides: Readonly<Record<string, unknown>>;
}

export interface FleetLaunch {
  place: FleetPlace;
  instanceIds: string[];
  instanceType: string;
  availabilityZone: string;
  subnetId: string;
}

export interface FleetFailure {
  place: FleetPlace;
  code: string;
  message: string;
}
