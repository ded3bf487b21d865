/**
 * EC2's idempotent ClientToken: the same token with the same parameters answers the resources made
 * the first time, with other parameters it is refused. The token's row is written in the same
 * transaction as the resources. Tokens are remembered per account, region and action, for at least
 * `keptMs`; those of launches as long as an instance of them lives, and a day longer.
 */
import { createHash } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { Catalog, CatalogTransaction } from '../catalog/catalog.ts';
import { livingStates } from './instances.ts';

/** Whose resources are instances. */
export const launchAction = 'RunInstances';

/** EC2's limit of ASCII characters, of most actions. */
const usualTokenMaxChars = 64;
/** EC2 promises a day; a week covers a pipeline that is run again after a weekend. */
const keptMs = 7 * 24 * 60 * 60 * 1000;

/** EC2's promise of a token after its instance was terminated. */
const lastDayMs = 24 * 60 * 60 * 1000;

/** Members of an input that do not say what is made, as services write them. */
const besides = ['ClientToken', 'clientToken', 'DryRun', 'dryRun'];

/** In one transaction: others wait for it. */
const forgottenAtOnce = 100;

export interface IdempotentCall {
  account: string;
  region: string;
  action: string;
  /** Without one, everything is made anew. */
  token: string | undefined;
  /** What the action takes, where it is more than most. */
  tokenMaxChars?: number;
  /** The operation's whole input. */
  parameters: object;
  now: Date;
}

/**
 * Ids of the resources: of those that `create` made, or of those that the first call with this
 * token made.
 */
export async function idempotently(
  transaction: CatalogTransaction,
  call: IdempotentCall,
  create: () => Promise<string[]>,
): Promise<string[]> {
  const { account, region, action, token, tokenMaxChars = usualTokenMaxChars, now } = call;
  if (token === undefined) return create();
  if (token === '' || token.length > tokenMaxChars || !/^[\x20-\x7e]*$/.test(token)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `A ClientToken has 1 to ${tokenMaxChars} ASCII characters.`,
    );
  }
  const id = [account, region, action, token].join('/');
  const parametersDigest = digest(call.parameters);
  const known = await transaction.clientTokens.get(id);
  if (known) {
    if (known.parametersDigest === parametersDigest) return known.resourceIds;
    throw new ServiceError(
      'IdempotentParameterMismatch',
      'The ClientToken was used before with other parameters.',
    );
  }
  const resourceIds = await create();
  await transaction.clientTokens.insert({
    id,
    account,
    region,
    action,
    token,
    parametersDigest,
    resourceIds,
    createdAt: now.toISOString(),
  });
  return resourceIds;
}

/** Forgets tokens past their time, the oldest first: what it costs depends on those alone. */
export async function forgetOldClientTokens(catalog: Catalog, now: Date): Promise<void> {
  const before = new Date(now.getTime() - keptMs).toISOString();
  for (;;) {
    const oldest = await catalog.read(({ clientTokens }) =>
      clientTokens.listKeys('createdAt', { prefix: '', limit: forgottenAtOnce }),
    );
    const old = oldest.filter(({ value }) => value < before);
    if (old.length === 0) return;
    await catalog.write(async (transaction) => {
      for (const { id } of old) await forget(transaction, id, now);
    });
  }
}

async function forget(transaction: CatalogTransaction, id: string, now: Date): Promise<void> {
  const { clientTokens, instances } = transaction;
  const row = await clientTokens.get(id);
  if (!row) return;
  const where = { id: row.resourceIds, state: livingStates };
  if (row.action === launchAction && (await instances.count({ where })) > 0) {
    await clientTokens.update({ ...row, renewedAt: now.toISOString() });
  } else if (row.action === launchAction && !row.lastDay) {
    const renewedAt = new Date(now.getTime() - keptMs + lastDayMs).toISOString();
    await clientTokens.update({ ...row, renewedAt, lastDay: true });
  } else {
    await clientTokens.delete(id);
  }
}

function digest(parameters: object): string {
  const rest = { ...(parameters as Record<string, unknown>) };
  for (const name of besides) delete rest[name];
  return createHash('sha256')
    .update(JSON.stringify(sorted(rest)))
    .digest('hex');
}

/** Members in one order whatever order they were sent in; dates as JSON has them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
