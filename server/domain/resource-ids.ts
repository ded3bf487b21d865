/**
 * Ids in a request: the rows that they name, EC2's form, and its errors for what is not of that
 * form or does not exist.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, TableReader } from '../catalog/catalog.ts';
import type { Rows, TableName } from '../catalog/table-rows.ts';
import { isOwn, type Owner } from './viewer.ts';

interface Noun {
  table: TableName;
  prefix: string;
  malformed: string;
  notFound: string;
  /** Of what follows the prefix, where it is not EC2's usual form. */
  form?: string;
  /** The sentence for ids that do not exist. */
  sentence(ids: readonly string[]): string;
}

const nouns = {
  image: {
    table: 'images',
    prefix: 'ami',
    malformed: 'InvalidAMIID.Malformed',
    notFound: 'InvalidAMIID.NotFound',
    sentence: (ids) => plural(ids, 'image id', `'[${ids.join(', ')}]'`),
  },
  formerImage: {
    table: 'formerImages',
    prefix: 'ami',
    malformed: 'InvalidAMIID.Malformed',
    notFound: 'InvalidAMIID.NotFound',
    sentence: (ids) => plural(ids, 'image id', `'[${ids.join(', ')}]'`),
  },
  instance: {
    table: 'instances',
    prefix: 'i',
    malformed: 'InvalidInstanceID.Malformed',
    notFound: 'InvalidInstanceID.NotFound',
    sentence: (ids) => plural(ids, 'instance ID', `'${ids.join(', ')}'`),
  },
  snapshot: {
    table: 'snapshots',
    prefix: 'snap',
    malformed: 'InvalidSnapshotID.Malformed',
    notFound: 'InvalidSnapshot.NotFound',
    sentence: (ids) => plural(ids, 'snapshot', `'${ids.join(', ')}'`),
  },
  recycledSnapshot: {
    table: 'recycledSnapshots',
    prefix: 'snap',
    malformed: 'InvalidSnapshotID.Malformed',
    notFound: 'InvalidSnapshot.NotFound',
    sentence: (ids) => plural(ids, 'snapshot', `'${ids.join(', ')}'`),
  },
  volume: {
    table: 'volumes',
    prefix: 'vol',
    malformed: 'InvalidVolumeID.Malformed',
    notFound: 'InvalidVolume.NotFound',
    sentence: (ids) => plural(ids, 'volume', `'${ids.join(', ')}'`),
  },
  recycledVolume: {
    table: 'recycledVolumes',
    prefix: 'vol',
    malformed: 'InvalidVolumeID.Malformed',
    notFound: 'InvalidVolume.NotFound',
    sentence: (ids) => plural(ids, 'volume', `'${ids.join(', ')}'`),
  },
  vpc: {
    table: 'vpcs',
    prefix: 'vpc',
    malformed: 'InvalidVpcID.Malformed',
    notFound: 'InvalidVpcID.NotFound',
    sentence: (ids) => plural(ids, 'vpc ID', `'${ids.join(', ')}'`),
  },
  subnet: {
    table: 'subnets',
    prefix: 'subnet',
    malformed: 'InvalidSubnetID.Malformed',
    notFound: 'InvalidSubnetID.NotFound',
    sentence: (ids) => plural(ids, 'subnet ID', `'${ids.join(', ')}'`),
  },
  securityGroup: {
    table: 'securityGroups',
    prefix: 'sg',
    malformed: 'InvalidGroupId.Malformed',
    notFound: 'InvalidGroup.NotFound',
    sentence: (ids) => plural(ids, 'security group', `'${ids.join(', ')}'`),
  },
  securityGroupRule: {
    table: 'securityGroupRules',
    prefix: 'sgr',
    malformed: 'InvalidSecurityGroupRuleId.Malformed',
    notFound: 'InvalidSecurityGroupRuleId.NotFound',
    sentence: (ids) => plural(ids, 'security group rule ID', `'${ids.join(', ')}'`),
  },
  usageReport: {
    table: 'imageUsageReports',
    prefix: 'amiur',
    malformed: 'InvalidImageUsageReportId.Malformed',
    notFound: 'InvalidImageUsageReportId.NotFound',
    sentence: (ids) => plural(ids, 'image usage report ID', `'${ids.join(', ')}'`),
  },
  keyPair: {
    table: 'keyPairs',
    prefix: 'key',
    malformed: 'InvalidParameterValue',
    notFound: 'InvalidKeyPair.NotFound',
    sentence: (ids) => plural(ids, 'key pair', `'${ids.join(', ')}'`),
  },
  fleet: {
    table: 'fleets',
    prefix: 'fleet',
    malformed: 'InvalidFleetId.Malformed',
    notFound: 'InvalidFleetId.NotFound',
    form: '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}',
    sentence: (ids) => plural(ids, 'fleet ID', `'${ids.join(', ')}'`),
  },
  launchTemplate: {
    table: 'launchTemplates',
    prefix: 'lt',
    malformed: 'InvalidLaunchTemplateId.Malformed',
    notFound: 'InvalidLaunchTemplateId.NotFound',
    sentence: (ids) => plural(ids, 'launch template ID', `'${ids.join(', ')}'`),
  },
  rootReplacement: {
    table: 'rootReplacements',
    prefix: 'replacevol',
    malformed: 'InvalidReplaceRootVolumeTaskId.Malformed',
    notFound: 'InvalidReplaceRootVolumeTaskId.NotFound',
    sentence: (ids) => plural(ids, 'replace root volume task ID', `'${ids.join(', ')}'`),
  },
  importSnapshotTask: {
    table: 'importSnapshotTasks',
    prefix: 'import-snap',
    malformed: 'InvalidConversionTaskId.Malformed',
    notFound: 'InvalidConversionTaskId',
    sentence: (ids) => plural(ids, 'import task ID', `'${ids.join(', ')}'`),
  },
  exportImageTask: {
    table: 'exportImageTasks',
    prefix: 'export-ami',
    malformed: 'InvalidExportTaskID.Malformed',
    notFound: 'InvalidExportTaskID.NotFound',
    sentence: (ids) => plural(ids, 'export task ID', `'${ids.join(', ')}'`),
  },
  exportInstanceTask: {
    table: 'exportInstanceTasks',
    prefix: 'export-i',
    malformed: 'InvalidExportTaskID.Malformed',
    notFound: 'InvalidExportTaskID.NotFound',
    sentence: (ids) => plural(ids, 'export task ID', `'${ids.join(', ')}'`),
  },
  importImageTask: {
    table: 'importImageTasks',
    prefix: 'import-ami',
    malformed: 'InvalidConversionTaskId.Malformed',
    notFound: 'InvalidConversionTaskId',
    sentence: (ids) => plural(ids, 'import task ID', `'${ids.join(', ')}'`),
  },
  remote: {
    table: 'remotes',
    prefix: 'remote',
    malformed: 'InvalidRemoteId.Malformed',
    notFound: 'InvalidRemoteId.NotFound',
    sentence: (ids) => plural(ids, 'remote', `'${ids.join(', ')}'`),
  },
  remoteTransfer: {
    table: 'remoteTransfers',
    prefix: 'transfer',
    malformed: 'InvalidTransferId.Malformed',
    notFound: 'InvalidTransferId.NotFound',
    sentence: (ids) => plural(ids, 'transfer', `'${ids.join(', ')}'`),
  },
} as const satisfies Record<string, Noun>;

type NounName = keyof typeof nouns;

function plural(ids: readonly string[], noun: string, list: string): string {
  return ids.length === 1
    ? `The ${noun} ${list} does not exist`
    : `The ${noun}s ${list} do not exist`;
}

/** Older ids have 8 hexadecimal digits, newer ones 17. */
const usualForm = '[0-9a-f]{8}|[0-9a-f]{17}';

/** Without repetitions. */
function checkedIds(noun: NounName, ids: readonly string[]): string[] {
  const { prefix, malformed, form = usualForm }: Noun = nouns[noun];
  const pattern = new RegExp(`^${prefix}-(${form})$`);
  const wrong = ids.find((id) => !pattern.test(id));
  if (wrong !== undefined) {
    throw new ServiceError(malformed, `Invalid id: "${wrong}" (expecting "${prefix}-...")`);
  }
  return [...new Set(ids)];
}

export function notFound(noun: NounName, ids: readonly string[]): ServiceError {
  return new ServiceError(nouns[noun].notFound, nouns[noun].sentence(ids));
}

type RowOf<N extends NounName> = Rows[(typeof nouns)[N]['table']];
type LookUp<Wanted, Found, Who> = (
  reader: CatalogReader,
  viewer: Who,
  wanted: Wanted,
) => Promise<Found>;

/** Of a request's ids: the rows, in its order, and the ids that the viewer sees none of. */
export interface FoundRows<Row> {
  rows: Row[];
  missing: string[];
}

/**
 * The look-up of a noun's rows by their ids; those that `sees` refuses do not exist for the viewer:
 * unless it says otherwise, all but its own.
 */
export function findRows<N extends NounName, Who extends Owner = Owner>(
  noun: N,
  sees: (viewer: Who, row: RowOf<N>) => boolean = isOwn,
): LookUp<readonly string[], FoundRows<RowOf<N>>, Who> {
  return async (reader, viewer, ids) => {
    const wanted = checkedIds(noun, ids);
    // TypeScript cannot follow that the table is this noun's.
    const table = reader[nouns[noun].table] as unknown as TableReader<TableName>;
    const found = (await table.list({ where: { id: wanted } })) as RowOf<N>[];
    const seen = found.filter((row) => sees(viewer, row));
    const rows = new Map(seen.map((row) => [row.id, row]));
    return {
      rows: wanted.map((id) => rows.get(id)).filter((row) => row !== undefined),
      missing: wanted.filter((id) => !rows.has(id)),
    };
  };
}

/** The same, where none may be missing. */
export function requiredRows<N extends NounName, Who extends Owner = Owner>(
  noun: N,
  sees?: (viewer: Who, row: RowOf<N>) => boolean,
): LookUp<readonly string[], RowOf<N>[], Who> {
  const find = findRows(noun, sees);
  return async (reader, viewer, ids) => {
    const { rows, missing } = await find(reader, viewer, ids);
    if (missing.length > 0) throw notFound(noun, missing);
    return rows;
  };
}

/** The look-up of one, by that of several. */
export function requiredRow<Row, Who>(
  rows: LookUp<readonly string[], Row[], Who>,
): LookUp<string, Row, Who> {
  return async (reader, viewer, id) => {
    const [row] = await rows(reader, viewer, [id]);
    return row as Row;
  };
}
