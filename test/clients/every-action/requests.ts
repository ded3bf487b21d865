/** For every action a request that succeeds, and who makes it. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ServiceModel } from '../../../api/model.ts';
import { uploadDisk } from '../../../server/disk/upload-layers.ts';
import { parseGrantToken } from '../../../server/domain/kms-grants.ts';
import type { StoredImageManifest } from '../../../server/domain/stored-images.ts';
import { listSnapshotBlocks } from '../../../server/operations/ebs/ListSnapshotBlocks.ts';
import { lockSnapshot } from '../../../server/operations/ec2/snapshots/LockSnapshot.ts';
import type { OperationContext } from '../../../server/operations/operation.ts';
import { makeSelection } from '../../../server/operations/test-backups.ts';
import type { TestContext } from '../../../server/operations/test-context.ts';
import { insertImage, insertSnapshot } from '../../../server/operations/test-images.ts';
import { insertRunningInstance } from '../../../server/operations/test-instances.ts';
import { makeTemplate } from '../../../server/operations/test-launch-templates.ts';
import { permission, securityGroupCalls } from '../../../server/operations/test-security-groups.ts';
import { MarkedDisk } from '../../../server/tasks/test-marked-disk.ts';
import { writeStoredImage } from '../../../server/transfers/stored-image.ts';
import { inputWith, merged } from '../../authorisation/inputs.ts';
import { readTables } from '../../authorisation/table.ts';

export interface Asked {
  as: OperationContext;
  input: object;
}

/** For which a simulated machine does not do: tests that have another, with the same client. */
export const doneElsewhere: Readonly<Record<string, string>> = {
  GetConsoleScreenshot: 'test/vm/console.test.ts',
  GetInstanceUefiData: 'test/sdk/launching.test.ts',
};

/** Where what the matrix knows is refused to the owner, or is not of the client's types. */
const special: Record<string, (as: OperationContext, context: TestContext) => Promise<object>> = {
  async CancelImageLaunchPermission({ caller }, context) {
    const launchPermissions = [caller.account];
    const { id } = await insertImage(await context.asNewAccount(), { launchPermissions });
    return { ImageId: id };
  },
  async CreateInstanceExportTask(as) {
    const one = { BlockDeviceMappings: [] };
    const { id } = await insertRunningInstance(as, await insertImage(as), one);
    return {
      InstanceId: id,
      TargetEnvironment: 'vmware',
      ExportToS3Task: { S3Bucket: 'disks' },
    };
  },
  async CreateRestoreImageTask(as, { store }) {
    const { root } = await uploadDisk({ store, disk: new MarkedDisk(1) });
    const ebs = { volumeSizeGiB: 1, deleteOnTermination: true, volumeType: 'gp3' };
    const manifest: StoredImageManifest = {
      kind: 'imago-image',
      storedAt: '2026-01-01T00:00:00Z',
      owner: { account: as.caller.account, region: 'us-east-1' },
      imageId: 'ami-0fedcba9876543210',
      name: 'restored',
      system: { architecture: 'x86_64', rootDeviceName: '/dev/xvda' },
      mappings: [{ deviceName: '/dev/xvda', disk: 0, ebs }],
      disks: [{ root, volumeSizeGiB: 1, description: '', tags: {} }],
      tags: {},
    };
    const parts: Buffer[] = [];
    await writeStoredImage(async (part) => void parts.push(part), manifest, [
      { reader: store, root },
    ]);
    const Bucket = 'disks';
    const folder = as.site.filePlaces?.exportFolders[Bucket] ?? '';
    await writeFile(path.join(folder, 'stored.bin'), Buffer.concat(parts));
    return { Bucket, ObjectKey: 'stored.bin' };
  },
  async CreateLaunchTemplateVersion(as) {
    const LaunchTemplateId = await makeTemplate(as);
    return { LaunchTemplateId, LaunchTemplateData: { InstanceType: 't3.nano' } };
  },
  async EnableImageDeprecation(as) {
    const DeprecateAt = new Date('2027-01-01T00:00:00Z');
    return { ImageId: (await insertImage(as)).id, DeprecateAt };
  },
  async GetSnapshotBlock(as) {
    const SnapshotId = await make(as, 'writtenSnapshot');
    const { Blocks } = await listSnapshotBlocks.run({ SnapshotId }, as);
    return { SnapshotId, ...Blocks?.[0] };
  },
  async ImportKeyPair() {
    const PublicKeyMaterial = Buffer.from(
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJlThvAFDlQ2Ck1YIGO+SxB+lMyYvnpMbVVs54bPoOyF',
    );
    return { KeyName: 'imported', PublicKeyMaterial };
  },
  async ModifySecurityGroupRules(as) {
    const { create, rules } = securityGroupCalls(() => as);
    const GroupId = await create('changed');
    const [rule] = await rules(GroupId);
    const SecurityGroupRule = { IpProtocol: 'tcp', FromPort: 7, ToPort: 7, CidrIpv4: '10.0.0.0/8' };
    const { SecurityGroupRuleId = '' } = rule ?? {};
    return { GroupId, SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }] };
  },
  async GetBackupSelection(as) {
    return makeSelection(as);
  },
  async DeleteBackupSelection(as) {
    return makeSelection(as);
  },
  async 'rbin.TagResource'(as) {
    return { ResourceArn: await make(as, 'ruleArn'), Tags: [{ Key: 'a', Value: 'b' }] };
  },
  async 'rbin.UntagResource'(as) {
    // In a URL a list without entries is not there.
    return { ResourceArn: await make(as, 'ruleArn'), TagKeys: ['a'] };
  },
  async 'kms.Decrypt'(as) {
    return { CiphertextBlob: Buffer.from(await make(as, 'kmsBlob'), 'base64') };
  },
  async 'kms.Encrypt'(as) {
    return { KeyId: await make(as, 'kmsKey'), Plaintext: Buffer.from('plain') };
  },
  async 'kms.ReEncrypt'(as) {
    const CiphertextBlob = Buffer.from(await make(as, 'kmsBlob'), 'base64');
    return { CiphertextBlob, DestinationKeyId: await make(as, 'kmsKey') };
  },
  async 'kms.RevokeGrant'(as) {
    const { keyId, grantId } = parseGrantToken(await make(as, 'kmsGrant'));
    return { KeyId: keyId, GrantId: grantId };
  },
  async UnlockSnapshot(as) {
    const { id: SnapshotId } = await insertSnapshot(as);
    await lockSnapshot.run({ SnapshotId, LockMode: 'governance', LockDuration: 1 }, as);
    return { SnapshotId };
  },
  async UpdateSecurityGroupRuleDescriptionsIngress(as) {
    const { create, authorize } = securityGroupCalls(() => as);
    const GroupId = await create('described');
    const IpPermissions = [permission('tcp', 22, 22, '10.0.0.0/8')];
    await authorize({ GroupId, IpPermissions });
    return { GroupId, IpPermissions };
  },
};

const { nouns, actions } = await readTables();

function make(as: OperationContext, noun: string): Promise<string> {
  return nouns.get(noun)?.make(as) ?? Promise.reject(new Error(`there is no ${noun}`));
}

/** What the matrix asks for as the owner, of the first thing that the action names. */
async function ofMatrix(as: OperationContext, model: ServiceModel, action: string) {
  const entry = actions.get(`${model.service}.${action}`) ?? {};
  const [naming] = entry.names ?? [];
  let input: unknown = entry.with ?? {};
  for (const [path, noun] of Object.entries(entry.needs ?? {})) {
    if (path === naming?.path || path === naming?.without) continue;
    input = merged(input, inputWith(model, action, path, await make(as, noun)));
  }
  if (!naming) return input as object;
  const named = inputWith(model, action, naming.path, await make(as, naming.noun));
  return merged(merged(input, naming.with ?? {}), named) as object;
}

/** By an account of its own, so that no action is in another's way. */
export async function requestOf(
  context: TestContext,
  model: ServiceModel,
  action: string,
): Promise<Asked> {
  const as = await context.asNewAccount();
  const known = special[`${model.service}.${action}`] ?? special[action];
  return { as, input: (await known?.(as, context)) ?? (await ofMatrix(as, model, action)) };
}
