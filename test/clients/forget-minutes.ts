/**
 * A policy that forgets, by its own times: backups come each minute by a policy of the Data Lifecycle
 * Manager, and the server removes what `imago backups policies put` does not keep, as
 * `imago backups forget --dry-run` foretells it. Whose clock it is, is the caller's.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  CreateLifecyclePolicyCommand,
  DLMClient,
  UpdateLifecyclePolicyCommand,
} from '@aws-sdk/client-dlm';
import type { ForgottenBackup } from '../../api/imago-forget.ts';
import type { Wire } from '../../api/wire.ts';
import { Client } from '../../cli/client.ts';
import type { Reachable } from '../support/debian-client.ts';
import { launcher } from '../support/imago.ts';

const region = 'us-east-1';
const tag = { Key: 'backup', Value: 'minutely' };
/** By the policy's rule; the last one whose drill passed stays besides. */
const kept = 2;
/** Only ends a test that fails anyway. */
const limitMs = 10 * 60_000;

export interface ForgettingImago {
  imago: Reachable;
  /** Of a provider. */
  imageId: string;
  /** Until the next look: less than there is between two rounds of the server. */
  pass(): Promise<void>;
}

export async function tellForgetting(asked: ForgettingImago): Promise<void> {
  const minutes = new Minutes(asked);
  const machine = await minutes.launch();
  const stopBackups = await minutes.takeBackups();
  const rules = ['--source', machine, '--every', '1m', '--keep-last', `${kept}`];
  const put = (...more: string[]) => minutes.cli('policies', 'put', 'thin', ...rules, ...more);
  await put();
  await minutes.until('a backup', () => minutes.snapshots.size > 0);
  const [first = ''] = minutes.snapshots.keys();
  await minutes.drill(first);
  await minutes.until('one goes', () => minutes.gone.size > 0);

  await put('--disabled');
  await minutes.until('there are more than are kept', () => minutes.removable.length > 0);
  await stopBackups();
  await minutes.until('none is under way', () => minutes.told.every(isSettled));
  const foretold: Wire<ForgottenBackup>[] = await minutes.cli(
    ...['forget', machine, '--policy', 'thin', '--dry-run'],
  );
  const ids = (fate: string) =>
    foretold.filter(({ Fate }) => Fate === fate).map(({ BackupId }) => BackupId);
  const whys = foretold.map(({ BackupId, Fate, Reasons }) => [BackupId, Fate, Reasons]);
  const newest = [...minutes.snapshots.keys()].slice(-kept);
  assert.deepEqual(ids('kept'), [...newest.reverse(), first], JSON.stringify(whys));
  const reasons = foretold.map(({ Reasons }) => Reasons);
  assert.deepEqual(reasons[0], ['last snapshot', 'last good']);
  assert.deepEqual(reasons.slice(1, kept), [['last snapshot']]);
  assert.deepEqual(reasons.at(-1), ['last good']);
  assert.deepEqual(reasons.slice(kept, -1).flat(), []);
  await minutes.forgetAgain(put, ids('removed'));
  assert.deepEqual(await minutes.left(), ids('kept').sort());
}

function isSettled({ State }: Wire<ForgottenBackup>): boolean {
  return State === 'available';
}

class Minutes {
  /** Of each backup that was ever whole, in their order. */
  readonly snapshots = new Map<string, string[]>();
  readonly gone = new Set<string>();
  /** By the last look. */
  told: Wire<ForgottenBackup>[] = [];
  #machine = '';
  readonly #client: Client;
  readonly #asked: ForgettingImago;

  constructor(asked: ForgettingImago) {
    this.#asked = asked;
    const { endpoint, credentials } = asked.imago;
    this.#client = new Client({ endpoint, region, ...credentials });
  }

  /** What a person types after `imago backups`. */
  async cli<Answer>(...words: string[]): Promise<Answer> {
    const argv = ['backups', ...words, '--home', this.#asked.imago.home, '--json'];
    return JSON.parse((await promisify(execFile)(launcher, argv)).stdout);
  }

  async launch(): Promise<string> {
    const { Instances: [made] = [] } = await this.#client.ec2('RunInstances', {
      ...{ ImageId: this.#asked.imageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.nano' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [tag] }],
    });
    this.#machine = made?.InstanceId ?? '';
    const asked = { InstanceIds: [this.#machine] };
    await this.until('it runs', async () => {
      const { Reservations = [] } = await this.#client.ec2('DescribeInstances', asked);
      return Reservations[0]?.Instances?.[0]?.State?.Name === 'running';
    });
    return this.#machine;
  }

  /** Each minute one, of which their policy would keep all. */
  async takeBackups(): Promise<() => Promise<void>> {
    const { endpoint, credentials } = this.#asked.imago;
    const dlm = new DLMClient({ endpoint, region, credentials, maxAttempts: 1 });
    const schedule = { CreateRule: { CronExpression: 'cron(* * * * ? *)' } };
    const { PolicyId } = await dlm.send(
      new CreateLifecyclePolicyCommand({
        ...{ ExecutionRoleArn: 'arn:aws:iam::123456789012:role/backup', State: 'ENABLED' },
        Description: 'Minutes',
        PolicyDetails: {
          ...{ PolicyType: 'IMAGE_MANAGEMENT', ResourceTypes: ['INSTANCE'], TargetTags: [tag] },
          Schedules: [{ Name: 'Minutes', ...schedule, RetainRule: { Count: 1000 } }],
        },
      }),
    );
    return async () => {
      await dlm.send(new UpdateLifecyclePolicyCommand({ PolicyId, State: 'DISABLED' }));
      dlm.destroy();
    };
  }

  async drill(ImageId: string): Promise<void> {
    const { DrillId } = await this.#client.imago('StartDrill', { ImageId });
    const state = async () =>
      (await this.#client.imago('DescribeDrills', { DrillIds: [DrillId] })).Drills[0]?.State;
    await this.until('the drill is over', async () => (await state()) !== 'running');
    assert.equal(await state(), 'passed');
  }

  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const started = Date.now();
    for (;;) {
      await this.#look();
      if (await isSo()) return;
      if (Date.now() - started > limitMs) throw new Error(`it never came to: ${what}`);
      await this.#asked.pass();
    }
  }

  /** Nothing goes of which the look before did not say so. */
  async #look(): Promise<void> {
    if (this.#machine === '') return;
    const removable = this.removable;
    const asked = { SourceId: this.#machine, KeepLast: kept, Preview: true };
    const { Backups } = await this.#client.imago('ForgetBackups', asked);
    const is = new Set(Backups.map(({ BackupId }) => BackupId));
    const went = this.told.map(({ BackupId }) => BackupId).filter((id) => !is.has(id));
    for (const id of went) {
      assert.ok(removable.includes(id), `${id} went, and only ${removable} was to`);
      this.gone.add(id);
    }
    this.told = Backups;
    const whole = Backups.filter(isSettled).reverse();
    for (const { BackupId } of whole.filter((each) => !this.snapshots.has(each.BackupId))) {
      const { Images: [image] = [] } = await this.#client.ec2('DescribeImages', {
        ImageIds: [BackupId],
      });
      const disks = image?.BlockDeviceMappings ?? [];
      this.snapshots.set(
        BackupId,
        disks.map(({ Ebs }) => Ebs?.SnapshotId ?? ''),
      );
    }
  }

  get removable(): string[] {
    const all = this.told.filter(({ Fate }) => Fate === 'removed');
    return all.map(({ BackupId }) => BackupId);
  }

  /** By the policy, whose next time comes; nothing but these is gone then. */
  async forgetAgain(put: () => Promise<unknown>, foretold: readonly string[]): Promise<void> {
    const before = new Set(this.gone);
    const asked = { PolicyName: 'thin' };
    const last = async () =>
      (await this.#client.imago('DescribeForgetPolicies', asked)).Policies[0]?.LastRun;
    const was = JSON.stringify(await last());
    await put();
    await this.until('its time comes', async () => JSON.stringify(await last()) !== was);
    const { Removed, Refused, Problem } = (await last()) ?? {};
    assert.deepEqual([Removed, Refused, Problem], [foretold.length, 0, undefined]);
    const went = [...this.gone].filter((id) => !before.has(id));
    assert.deepEqual(went.sort(), [...foretold].sort());
  }

  /** Images of which all snapshots are there; and there is no snapshot of another. */
  async left(): Promise<string[]> {
    const { Snapshots = [] } = await this.#client.ec2('DescribeSnapshots', { OwnerIds: ['self'] });
    const there = new Set(Snapshots.map(({ SnapshotId }) => SnapshotId ?? ''));
    const { Images = [] } = await this.#client.ec2('DescribeImages', { Owners: ['self'] });
    const images = Images.map(({ ImageId }) => ImageId ?? '').sort();
    const theirs = images.flatMap((id) => this.snapshots.get(id) ?? []);
    assert.deepEqual([...there].sort(), theirs.sort());
    return images;
  }
}
