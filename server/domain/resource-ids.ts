/** Ids in a request: EC2's form, and its errors for what is not of that form or does not exist. */
import { ServiceError } from '../../api/service-error.ts';

interface Noun {
  prefix: string;
  malformed: string;
  notFound: string;
  /** The sentence for ids that do not exist. */
  sentence(ids: readonly string[]): string;
}

const nouns = {
  image: {
    prefix: 'ami',
    malformed: 'InvalidAMIID.Malformed',
    notFound: 'InvalidAMIID.NotFound',
    sentence: (ids) => plural(ids, 'image id', `'[${ids.join(', ')}]'`),
  },
  instance: {
    prefix: 'i',
    malformed: 'InvalidInstanceID.Malformed',
    notFound: 'InvalidInstanceID.NotFound',
    sentence: (ids) => plural(ids, 'instance ID', `'${ids.join(', ')}'`),
  },
  snapshot: {
    prefix: 'snap',
    malformed: 'InvalidSnapshotID.Malformed',
    notFound: 'InvalidSnapshot.NotFound',
    sentence: (ids) => plural(ids, 'snapshot', `'${ids.join(', ')}'`),
  },
  volume: {
    prefix: 'vol',
    malformed: 'InvalidVolumeID.Malformed',
    notFound: 'InvalidVolume.NotFound',
    sentence: (ids) => plural(ids, 'volume', `'${ids.join(', ')}'`),
  },
  vpc: {
    prefix: 'vpc',
    malformed: 'InvalidVpcID.Malformed',
    notFound: 'InvalidVpcID.NotFound',
    sentence: (ids) => plural(ids, 'vpc ID', `'${ids.join(', ')}'`),
  },
  subnet: {
    prefix: 'subnet',
    malformed: 'InvalidSubnetID.Malformed',
    notFound: 'InvalidSubnetID.NotFound',
    sentence: (ids) => plural(ids, 'subnet ID', `'${ids.join(', ')}'`),
  },
  securityGroup: {
    prefix: 'sg',
    malformed: 'InvalidGroupId.Malformed',
    notFound: 'InvalidGroup.NotFound',
    sentence: (ids) => plural(ids, 'security group', `'${ids.join(', ')}'`),
  },
  keyPair: {
    prefix: 'key',
    malformed: 'InvalidParameterValue',
    notFound: 'InvalidKeyPair.NotFound',
    sentence: (ids) => plural(ids, 'key pair', `'${ids.join(', ')}'`),
  },
} as const satisfies Record<string, Noun>;

export type NounName = keyof typeof nouns;

function plural(ids: readonly string[], noun: string, list: string): string {
  return ids.length === 1
    ? `The ${noun} ${list} does not exist`
    : `The ${noun}s ${list} do not exist`;
}

/** Without repetitions. Older ids have 8 hexadecimal digits, newer ones 17. */
function checkedIds(noun: NounName, ids: readonly string[]): string[] {
  const { prefix, malformed } = nouns[noun];
  const pattern = new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`);
  const wrong = ids.find((id) => !pattern.test(id));
  if (wrong !== undefined) {
    throw new ServiceError(malformed, `Invalid id: "${wrong}" (expecting "${prefix}-...")`);
  }
  return [...new Set(ids)];
}

export function notFound(noun: NounName, ids: readonly string[]): ServiceError {
  return new ServiceError(nouns[noun].notFound, nouns[noun].sentence(ids));
}

/** The rows of these ids in the order of the request; those that `visible` refuses do not exist for the caller. */
export async function requiredRows<Row extends { id: string }>(
  noun: NounName,
  ids: readonly string[],
  list: (ids: string[]) => Promise<Row[]>,
  visible: (row: Row) => boolean,
): Promise<Row[]> {
  const wanted = checkedIds(noun, ids);
  const rows = new Map((await list(wanted)).filter(visible).map((row) => [row.id, row]));
  const missing = wanted.filter((id) => !rows.has(id));
  if (missing.length > 0) throw notFound(noun, missing);
  return wanted.map((id) => rows.get(id) as Row);
}

/** The row of one id, by the look-up of several. */
export async function requiredRow<Row>(
  id: string,
  required: (ids: string[]) => Promise<Row[]>,
): Promise<Row> {
  const [row] = await required([id]);
  return row as Row;
}
