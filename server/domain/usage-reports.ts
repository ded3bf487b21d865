/**
 * Reports on who uses an image of one's own: which other accounts have how many resources that name
 * it. A report is made by a task (tasks/report-usage.ts) and is there for thirty days:
 *
 *   CreateImageUsageReport --> pending --counted--> available
 *                                 \--it could not be--> error
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { ImageUsageReportRow } from '../catalog/rows/usage-report.ts';
import type { Clock, Ids } from './identity.ts';
import type { ReferenceScope } from './image-references.ts';
import { requiredRow, requiredRows } from './resource-ids.ts';
import { newTask } from './tasks.ts';
import type { Owner } from './viewer.ts';

const keptMs = 30 * 24 * 3_600_000;
/** In one transaction: others wait for it. */
const forgottenAtOnce = 100;
const accountsMax = 1000;

export interface UsageReportInput {
  reportId: string;
}

const storedReports = requiredRows('usageReport');

/** One whose time is over is gone, be its row there or not. */
export async function requiredReports(
  reader: CatalogReader,
  owner: Owner & { now: Date },
  ids: readonly string[],
): Promise<ImageUsageReportRow[]> {
  const rows = await storedReports(reader, owner, ids);
  const expired = rows.find((row) => isExpired(row, owner.now));
  if (!expired) return rows;
  throw new ServiceError(
    'InvalidImageUsageReportId.NotFound',
    `The image usage report ID '${expired.id}' does not exist`,
  );
}

export const requiredReport = requiredRow<ImageUsageReportRow, Owner & { now: Date }>(
  requiredReports,
);

export function isExpired({ expiresAt }: ImageUsageReportRow, now: Date): boolean {
  return expiresAt <= now.toISOString();
}

interface ReportOrder {
  scopes: readonly ReferenceScope[];
  accountIds?: string[];
  tags: Tags;
  host: string;
}

/** The pending report, and the task that counts. */
export async function orderReport(
  transaction: CatalogTransaction,
  image: ImageRow,
  { scopes, accountIds, tags, host }: ReportOrder,
  identity: { clock: Clock; ids: Ids },
): Promise<string> {
  checkAccounts(accountIds);
  const now = identity.clock.now();
  await forgetExpired(transaction, now);
  const { account, region, id: imageId } = image;
  const id = identity.ids.resource('amiur');
  await transaction.imageUsageReports.insert({
    id,
    account,
    region,
    createdAt: now.toISOString(),
    imageId,
    state: 'pending',
    resourceTypes: scopes.map(({ type: name, versionDepth }) =>
      name === 'ec2:LaunchTemplate' ? { name, versionDepth } : { name },
    ),
    ...(accountIds && { accountIds }),
    expiresAt: new Date(now.getTime() + keptMs).toISOString(),
    tags,
  });
  const input: UsageReportInput = { reportId: id };
  const order = { kind: 'report-usage', subject: id, account, region, host, input };
  await transaction.tasks.insert(newTask(order, identity));
  return id;
}

function checkAccounts(accountIds: readonly string[] = []): void {
  if (accountIds.length > accountsMax) {
    throw new ServiceError(
      'InvalidParameterValue',
      `At most ${accountsMax} accounts can be named in one report.`,
    );
  }
  const wrong = accountIds.find((id) => !/^\d{12}$/.test(id));
  if (wrong === undefined) return;
  throw new ServiceError('InvalidParameterValue', `Invalid account ID '${wrong}'.`);
}

async function forgetExpired({ imageUsageReports }: CatalogTransaction, now: Date): Promise<void> {
  const range = { prefix: '', limit: forgottenAtOnce };
  for (const { value, id } of await imageUsageReports.listKeys('expiresAt', range)) {
    if (value <= now.toISOString()) await imageUsageReports.delete(id);
  }
}
