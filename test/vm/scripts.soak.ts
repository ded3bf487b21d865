/**
 * Scripts of a backup policy in a real guest, `micro`: both leave their marks around the cut, one
 * that fails makes of the snapshot what a power cut would, one that takes too long is ended, and a
 * policy that wants no snapshot then has none. What they did is read in the guest, and in the files
 * of the snapshots. The policy is due each minute, so this mostly waits.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  CreateLifecyclePolicyCommand,
  DLMClient,
  GetLifecyclePolicyCommand,
  UpdateLifecyclePolicyCommand,
} from '@aws-sdk/client-dlm';
import { DescribeSnapshotsCommand, type EC2Client, type Snapshot } from '@aws-sdk/client-ec2';
import { CreateDocumentCommand, SSMClient } from '@aws-sdk/client-ssm';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { access, launch, providerImage, type Reached, reach } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

const marks = '/var/tmp/marks';
const timeoutSeconds = 30;
/** A policy is due within a minute, and a guest under emulation is slow. */
const limitMs = 10 * 60_000;

/** Says what it does, and does as the guest's own file says. */
const content = JSON.stringify({
  schemaVersion: '2.2',
  parameters: { command: { type: 'String' }, executionId: { type: 'String' } },
  mainSteps: [
    {
      action: 'aws:runShellScript',
      name: 'mark',
      inputs: {
        runCommand: [
          `echo {{ command }} {{ executionId }} >>${marks}`,
          'case {{ command }} in pre-script) . /var/tmp/pre ;; esac',
          `echo done {{ command }} >>${marks}; sync`,
        ],
      },
    },
  ],
});

let imago: ImagoProcess;
let ec2: EC2Client;
let dlm: DLMClient;
let guest: Reached;
let policyId = '';
const seen = new Set<string>();

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  const { endpoint, credentials } = imago;
  dlm = new DLMClient({ endpoint, credentials, region: 'us-east-1' });
  const login = await access(imago);
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const TagSpecifications = [
    { ResourceType: 'instance' as const, Tags: [{ Key: 'scripts', Value: 'yes' }] },
  ];
  const [machine] = await launch(ec2, ImageId, login, 1, { TagSpecifications });
  guest = await reach(ec2, machine, login);
  await behave('true');
  const ssm = new SSMClient({ endpoint, credentials, region: 'us-east-1' });
  await ssm.send(
    new CreateDocumentCommand({ Name: 'marks', Content: content, DocumentType: 'Command' }),
  );
  ssm.destroy();
  const made = await dlm.send(
    new CreateLifecyclePolicyCommand({
      ExecutionRoleArn: 'arn:aws:iam::123456789012:role/dlm',
      Description: 'Scripts',
      State: 'ENABLED',
      PolicyDetails: details(true),
    }),
  );
  policyId = made.PolicyId ?? '';
});
after(async () => {
  dlm?.destroy();
  await imago?.dispose();
});

function details(ExecuteOperationOnScriptFailure: boolean) {
  const script = { ExecutionHandler: 'marks', ExecutionTimeout: timeoutSeconds };
  const Scripts = [{ ...script, ExecuteOperationOnScriptFailure }];
  return {
    PolicyType: 'EBS_SNAPSHOT_MANAGEMENT' as const,
    ResourceTypes: ['INSTANCE' as const],
    TargetTags: [{ Key: 'scripts', Value: 'yes' }],
    Schedules: [
      {
        Name: 'Minutes',
        CreateRule: { CronExpression: 'cron(* * * * ? *)', Scripts },
        RetainRule: { Count: 100 },
      },
    ],
  };
}

/** What the first script does from now on. */
async function behave(line: string): Promise<void> {
  await ssh(guest, `echo '${line}' | sudo tee /var/tmp/pre >/dev/null`);
}

async function setPolicy(change: object): Promise<void> {
  await dlm.send(new UpdateLifecyclePolicyCommand({ PolicyId: policyId, ...change }));
}

/** It is there until the policy is at work again. */
function untilTold(message: string): Promise<void> {
  const isTold = async () => {
    const { Policy } = await dlm.send(new GetLifecyclePolicyCommand({ PolicyId: policyId }));
    return Policy?.StatusMessage?.includes(`: the pre script failed: ${message}`) ?? false;
  };
  return until(message, isTold, limitMs);
}

async function snapshots(): Promise<Snapshot[]> {
  const Filters = [{ Name: 'tag:aws:dlm:lifecycle-policy-id', Values: [policyId] }];
  const found = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters }));
  return found.Snapshots ?? [];
}

const tag = ({ Tags = [] }: Snapshot, name: string) => Tags.find(({ Key }) => Key === name)?.Value;
const scriptsOf = (snapshot: Snapshot) => [
  tag(snapshot, 'aws:dlm:pre-script'),
  tag(snapshot, 'aws:dlm:post-script'),
  tag(snapshot, 'aws:imago:consistency'),
];

/** The first one that was begun from now on and is as it should be. */
async function nextWith(...wanted: (string | undefined)[]): Promise<Snapshot> {
  let found: Snapshot | undefined;
  const isSo = (snapshot: Snapshot) => String(scriptsOf(snapshot)) === String(wanted);
  await until(
    `a snapshot with ${wanted}`,
    async () => {
      const fresh = (await snapshots()).filter(({ SnapshotId = '' }) => !seen.has(SnapshotId));
      found = fresh.find((each) => each.State === 'completed' && isSo(each));
      return found !== undefined;
    },
    limitMs,
  );
  for (const { SnapshotId = '' } of await snapshots()) seen.add(SnapshotId);
  return found ?? assert.fail();
}

/** In the snapshot, which is not booted for it. */
async function marksIn({ SnapshotId = '' }: Snapshot): Promise<string[]> {
  const files = [SnapshotId, 'restore', marks].join(' ');
  const line = `"$0" backups files ${files} --home "$1" | tar -xO`;
  const { stdout } = await promisify(execFile)('sh', ['-c', line, launcher, imago.home]);
  return stdout.trim().split('\n');
}

test('both run around the cut', async () => {
  const snapshot = await nextWith('SUCCESS', 'SUCCESS', 'application');
  const cut = (await marksIn(snapshot)).slice(-2);
  assert.match(cut[0] ?? '', /^pre-script [0-9a-f-]{36}$/);
  assert.equal(cut[1], 'done pre-script');
  const [, execution] = (cut[0] ?? '').split(' ');
  const later = (await ssh(guest, `cat ${marks}`)).trim().split('\n');
  const at = later.indexOf(cut[0] ?? '');
  assert.deepEqual(later.slice(at + 1, at + 4), [
    'done pre-script',
    `post-script ${execution}`,
    'done post-script',
  ]);
});

test('one that fails makes a snapshot as after a power cut, which says so', async () => {
  await behave('exit 3');
  const snapshot = await nextWith('FAILED', undefined, 'crash');
  await untilTold('exit code 3');
  const cut = await marksIn(snapshot);
  assert.match(cut.at(-1) ?? '', /^pre-script /);
  const later = (await ssh(guest, `cat ${marks}`)).trim().split('\n');
  const [, execution] = (cut.at(-1) ?? '').split(' ');
  assert.ok(!later.includes(`post-script ${execution}`), 'the second one is not run');
});

test('one that takes too long is ended', async () => {
  await behave('sleep 1234');
  await nextWith('FAILED', undefined, 'crash');
  await untilTold(`it took more than ${timeoutSeconds} s`);
  await setPolicy({ State: 'DISABLED' });
  await until('its end', async () => !(await ssh(guest, 'ps')).includes('sleep 1234'), limitMs);
});

test('where the policy wants none without its script there is none', async () => {
  await nonePending();
  for (const { SnapshotId = '' } of await snapshots()) seen.add(SnapshotId);
  await behave('exit 4');
  await setPolicy({ State: 'ENABLED', PolicyDetails: details(false) });
  await untilTold('exit code 4');
  await setPolicy({ State: 'DISABLED' });
  await nonePending();
  const made = (await snapshots()).filter(({ SnapshotId = '' }) => !seen.has(SnapshotId));
  assert.deepEqual(made, []);
});

function nonePending(): Promise<void> {
  const isPending = ({ State }: Snapshot) => State === 'pending';
  return until('no snapshot is pending', async () => !(await snapshots()).some(isPending), limitMs);
}
