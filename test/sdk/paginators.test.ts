/**
 * Each paginator of the official clients whose action is offered, with a page size that there is
 * more of: the same entries as without one, each once, and an end.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as backupClient from '@aws-sdk/client-backup';
import * as ec2Client from '@aws-sdk/client-ec2';
import * as imagebuilderClient from '@aws-sdk/client-imagebuilder';
import * as kmsClient from '@aws-sdk/client-kms';
import * as ssmClient from '@aws-sdk/client-ssm';
import * as stsClient from '@aws-sdk/client-sts';
import { services } from '../../server/operations/generated/tables.ts';
import { builderClient } from '../support/image-builder.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { type LongBackups, makeLongBackups } from './long-backups.ts';
import { type LongBuilder, makeLongBuilder } from './long-builder.ts';
import { makeLongKeys } from './long-keys.ts';
import { type LongLists, makeLongLists } from './long-lists.ts';
import { S3Bucket } from './long-transfers.ts';

type Paginate = (
  config: { client: object; pageSize?: number },
  input: object,
) => AsyncGenerator<Record<string, unknown>>;

const pageSize = 5;

interface Made extends LongLists, LongBuilder, LongBackups {
  keyId: string;
  account: string;
}

/** What an action wants named. */
const inputs: Record<string, (made: Made) => object> = {
  DescribeFleets: ({ fleetIds }) => ({ FleetIds: fleetIds }),
  DescribeImageReferences: ({ imageId }) => ({
    ImageIds: [imageId],
    IncludeAllResourceTypes: true,
  }),
  DescribeLaunchTemplateVersions: ({ templateName }) => ({ LaunchTemplateName: templateName }),
  GetImageFindings: ({ imageId }) => ({ ImageId: imageId }),
  GetParameterHistory: ({ parameterName }) => ({ Name: parameterName }),
  GetParametersByPath: () => ({ Path: '/pages' }),
  ListComponentBuildVersions: ({ componentVersionArn }) => ({ componentVersionArn }),
  ListImagePackages: ({ imageBuildVersionArn }) => ({ imageBuildVersionArn }),
  ListImagePipelineImages: ({ imagePipelineArn }) => ({ imagePipelineArn }),
  ListWorkflowExecutions: ({ imageBuildVersionArn }) => ({ imageBuildVersionArn }),
  ListWorkflowStepExecutions: ({ workflowExecutionId }) => ({ workflowExecutionId }),
  ListGrants: ({ keyId }) => ({ KeyId: keyId }),
  ListRetirableGrants: ({ account }) => ({ RetiringPrincipal: account }),
  ListBackupPlanVersions: ({ backupPlanId }) => ({ BackupPlanId: backupPlanId }),
  ListBackupSelections: ({ backupPlanId }) => ({ BackupPlanId: backupPlanId }),
  ListRecoveryPointsByBackupVault: ({ vaultName }) => ({ BackupVaultName: vaultName }),
  ListRecoveryPointsByLegalHold: ({ legalHoldId }) => ({ LegalHoldId: legalHoldId }),
  ListRecoveryPointsByResource: ({ resourceArn }) => ({ ResourceArn: resourceArn }),
  ListRestoreTestingSelections: ({ testingPlanName }) => ({
    RestoreTestingPlanName: testingPlanName,
  }),
  ListTags: ({ vaultArn }) => ({ ResourceArn: vaultArn }),
  ListResourceTags: ({ keyId }) => ({ KeyId: keyId }),
};

/** What an account has at most one page of: its VPC's parts, what was found, and what is never. */
const short = [
  ...['DescribeDhcpOptions', 'DescribeInternetGateways', 'DescribeNetworkAcls'],
  ...['DescribeRouteTables', 'DescribeSubnets', 'DescribeVpcs', 'GetImageFindings'],
  ...['DescribeFastLaunchImages', 'ListImagePackages', 'ListWorkflowExecutions'],
];

const folder = mkdtempSync(path.join(tmpdir(), 'imago-pages-'));
let imago: ImagoProcess;
let made: Made;
const clients: Record<string, object> = {};
before(async () => {
  const places = `${S3Bucket}=${folder}`;
  imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    home: await homeWith('micro'),
    flags: ['--import-folder', places, '--export-folder', places],
  });
  const { endpoint, credentials } = imago;
  const ssm = new ssmClient.SSMClient({ endpoint, region: 'us-east-1', credentials });
  const kms = new kmsClient.KMSClient({ endpoint, region: 'us-east-1', credentials });
  const lists = await makeLongLists(imago, { ssm, folder });
  const imagebuilder = builderClient(imago);
  const built = await makeLongBuilder(imagebuilder, lists.imageId);
  const backup = new backupClient.BackupClient({ endpoint, region: 'us-east-1', credentials });
  const backups = await makeLongBackups(backup, imago.ec2());
  made = { ...lists, ...built, ...backups, ...(await makeLongKeys(kms)) };
  Object.assign(clients, { backup, ec2: imago.ec2(), imagebuilder, kms, ssm, sts: imago.sts() });
});
after(async () => {
  await imago?.dispose();
  rmSync(folder, { recursive: true });
});

const sdks = {
  backup: backupClient,
  ec2: ec2Client,
  imagebuilder: imagebuilderClient,
  kms: kmsClient,
  ssm: ssmClient,
  sts: stsClient,
};
const found: [service: string, action: string, paginate: Paginate][] = [];
for (const [service, sdk] of Object.entries(sdks)) {
  const { operations } = services.find(({ model }) => model.service === service) ?? assert.fail();
  for (const [name, value] of Object.entries(sdk)) {
    const action = name.replace(/^paginate/, '');
    if (action !== name && Object.hasOwn(operations, action)) {
      found.push([service, action, value as Paginate]);
    }
  }
}

test('there are paginators to try', () => {
  const actions = found.map(([, action]) => action);
  assert.ok(actions.length > 30, actions.join());
  const named = [...Object.keys(inputs), ...short];
  assert.deepEqual(
    named.filter((action) => !actions.includes(action)),
    [],
  );
});

for (const [service, action, paginate] of found) {
  test(`${service} paginate${action}`, async () => {
    const client = clients[service] ?? assert.fail();
    const collect = async (config: { client: object; pageSize?: number }) => {
      const pages: string[][] = [];
      for await (const page of paginate(config, inputs[action]?.(made) ?? {})) {
        // Tags of AWS Backup are no list.
        const list = Object.values(page).find((value) => Array.isArray(value));
        const entries: unknown[] = list ?? Object.entries(page.Tags ?? {});
        pages.push(entries.map((entry) => JSON.stringify(entry)));
      }
      return pages;
    };
    const whole = (await collect({ client })).flat();
    const pages = await collect({ client, pageSize });
    assert.deepEqual(pages.flat(), whole);
    assert.equal(new Set(whole).size, whole.length, 'each once');
    assert.equal(whole.length > pageSize, !short.includes(action), `${whole.length} entries`);
    assert.ok(pages.every(({ length }) => length <= pageSize));
    assert.ok(pages.length >= Math.ceil(whole.length / pageSize), `${pages.length} pages`);
  });
}
