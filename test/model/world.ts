/**
 * A real Imago with simulated machines, and who asks it: accounts, some in one organization, some
 * with a recycle bin, each with several clients of the official SDK.
 */
import assert from 'node:assert/strict';
import {
  CreateSnapshotCommand,
  type EC2Client,
  type EC2ServiceException,
  RunInstancesCommand,
  waitUntilImageAvailable,
  waitUntilInstanceRunning,
  waitUntilSnapshotCompleted,
} from '@aws-sdk/client-ec2';
import { Client } from '../../cli/client.ts';
import type { Credentials, ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import { keepDeleted } from '../support/retention-rule.ts';
import type { Known } from './known.ts';

const region = 'us-east-1';
const accountsEach = 8;
const clientsEach = 8;
export const organization = 'o-abcdefghij';
export const unit = 'ou-1a2b-00000001';

export interface Account {
  id: string;
  /** Of the organization, or of a unit in it. */
  organizationPath?: string;
  /** What it deletes is kept in the recycle bin. */
  keepsDeleted: boolean;
  imago: Client;
  actors: Actor[];
  instanceId: string;
  volumeId: string;
  snapshotId: string;
}

/** One of the clients of an account. */
export class Actor {
  readonly number: number;
  readonly account: Account;
  readonly ec2: EC2Client;
  #names = 0;

  constructor(number: number, account: Account, ec2: EC2Client) {
    this.number = number;
    this.account = account;
    this.ec2 = ec2;
  }

  /** Nobody else's. */
  name(): string {
    this.#names += 1;
    return `${this.prefix}${this.#names}`;
  }

  get prefix(): string {
    return `c${this.number}-`;
  }
}

/** What an actor made and only it changes. */
export interface Thing<State> {
  id: string;
  writer: Actor;
  known: Known<State>;
}

export class World {
  readonly accounts: readonly Account[];
  readonly actors: readonly Actor[];
  /** An image of the first account. */
  readonly provided: string;
  readonly #kept = new Map<object, unknown[]>();

  private constructor(accounts: readonly Account[], provided: string) {
    this.accounts = accounts;
    this.actors = accounts.flatMap(({ actors }) => actors);
    this.provided = provided;
  }

  /** Accounts of their own: nothing of another world is theirs. */
  static async create(imago: ImagoProcess, name: string): Promise<World> {
    const { ImageId: provided = '' } = await providerImage(imago.ec2(), 'imago-micro-*');
    const made = Array.from({ length: accountsEach }, (_, index) =>
      createAccount(imago, name, index, provided),
    );
    return new World(await Promise.all(made), provided);
  }

  /** What there is of a kind, such as things; nothing is taken out. */
  of<Kept>(kind: object): Kept[] {
    const kept = this.#kept.get(kind) ?? [];
    this.#kept.set(kind, kept);
    return kept as Kept[];
  }
}

async function createAccount(
  imago: ImagoProcess,
  world: string,
  index: number,
  provided: string,
): Promise<Account> {
  const organizationPath = [undefined, `${organization}/r-1a2b`, `${organization}/r-1a2b/${unit}`][
    index % 4
  ];
  const operator = clientOf(imago, imago.credentials);
  const { Account: row, AccessKey: key } = await operator.imago('CreateAccount', {
    Name: `${world}-${index}`,
    OrganizationPath: organizationPath,
  });
  const credentials = {
    accessKeyId: key.AccessKeyId,
    secretAccessKey: key.SecretAccessKey ?? assert.fail('a key is told with its account'),
  };
  const account: Account = {
    id: row.AccountId,
    organizationPath,
    keepsDeleted: index % 2 === 0,
    imago: clientOf(imago, credentials),
    actors: [],
    instanceId: '',
    volumeId: '',
    snapshotId: '',
  };
  for (let each = 0; each < clientsEach; each++) {
    const number = index * clientsEach + each;
    account.actors.push(new Actor(number, account, imago.ec2(region, credentials)));
  }
  if (account.keepsDeleted) {
    await keepDeleted(imago, credentials, 'EC2_IMAGE');
    await keepDeleted(imago, credentials, 'EBS_SNAPSHOT');
  }
  const [{ ec2 }] = account.actors as [Actor];
  const launch = new RunInstancesCommand({ ImageId: provided, MinCount: 1, MaxCount: 1 });
  const { Instances } = await ec2.send(launch);
  account.instanceId = Instances?.[0]?.InstanceId ?? '';
  const { reservations } = await waitUntilInstanceRunning(soon(ec2), {
    InstanceIds: [account.instanceId],
  }).then(({ reason }) => ({ reservations: reason.Reservations }));
  const [mapping] = reservations[0].Instances[0].BlockDeviceMappings;
  account.volumeId = mapping.Ebs.VolumeId;
  account.snapshotId = await snapshotOf(account);
  return account;
}

export async function snapshotOf({ actors, volumeId }: Account): Promise<string> {
  const [{ ec2 }] = actors as [Actor];
  const { SnapshotId = '' } = await ec2.send(new CreateSnapshotCommand({ VolumeId: volumeId }));
  await waitUntilSnapshotCompleted(soon(ec2), { SnapshotIds: [SnapshotId] });
  return SnapshotId;
}

export async function untilAvailable(ec2: EC2Client, imageId: string): Promise<void> {
  await waitUntilImageAvailable(soon(ec2), { ImageIds: [imageId] });
}

/** A simulated machine takes no time, the others' requests some. */
export function soon(client: EC2Client) {
  return { client, minDelay: 1, maxDelay: 2, maxWaitTime: 300 };
}

export function clientOf({ endpoint }: ImagoProcess, credentials: Credentials): Client {
  return new Client({ endpoint, region, ...credentials });
}

/** What it answers, or the code of the error. */
export async function answered<T>(sent: Promise<T>): Promise<T | string> {
  try {
    return await sent;
  } catch (error) {
    const { name, $metadata } = error as EC2ServiceException;
    if ($metadata?.httpStatusCode === undefined || $metadata.httpStatusCode >= 500) throw error;
    return name;
  }
}

export async function refused(what: string, sent: Promise<unknown>, code: string): Promise<void> {
  const answer = await answered(sent);
  assert.equal(typeof answer === 'string' ? answer : 'success', code, what);
}

export function pickOf<T>(from: readonly T[], pick: number): T {
  return from[pick % from.length] as T;
}
