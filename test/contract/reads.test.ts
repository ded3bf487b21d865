/**
 * Refuse, never pretend: each member that an operation says it accepts is read by it. Every action
 * is asked with what the authorisation matrix knows of it and with each accepted member beside
 * that, in a transaction that is thrown away.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ServiceModel } from '../../api/model.ts';
import { dryRunCatalog } from '../../server/http/dry-run.ts';
import { services } from '../../server/operations/generated/tables.ts';
import type { OperationContext } from '../../server/operations/operation.ts';
import { Callers, secretTag } from '../authorisation/callers.ts';
import { inputWith, merged } from '../authorisation/inputs.ts';
import { type Action, readTables } from '../authorisation/table.ts';
import { InputMaker } from '../fuzz/inputs.ts';
import { Random } from '../fuzz/random.ts';
import { taggedTypes, Words } from '../fuzz/words.ts';
import { recordedReads } from './recorded-reads.ts';

const seed = Math.floor(Math.random() * 2 ** 31);
/** Of each action with inputs at random, as long as something was not read. */
const tries = 1500;
/** What an action reads a member for only where another one is just so. */
const parameterFilter = { Key: 'Type', Option: 'Equals', Values: ['String'] };
/** Which is asked for whole: a rule without one of its halves is refused before the other is read. */
const lastLaunched = { value: 1, unit: 'WEEKS' };
const imagePolicyDetails = [
  {
    action: { type: 'DELETE' },
    filter: { type: 'AGE', value: 1, unit: 'DAYS' },
    exclusionRules: { amis: { lastLaunched } },
  },
];
/** A schedule's rules are for one kind of policies each. */
const age = { Interval: 1, IntervalUnit: 'DAYS' };
const copy = { TargetRegion: 'eu-west-1', RetainRule: age, DeprecateRule: age };
const share = { UnshareInterval: 1, UnshareIntervalUnit: 'DAYS' };
const ofSnapshots = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT' };
const backupPolicies = [
  { Schedules: [{ CrossRegionCopyRules: [{ ...copy, Encrypted: false, CopyTags: true }] }] },
  {
    ...{ ...ofSnapshots, ResourceTypes: ['VOLUME'] },
    Schedules: [
      {
        FastRestoreRule: { Count: 1, AvailabilityZones: ['us-east-1a'] },
        ShareRules: [{ ...share, TargetAccounts: ['123456789012'] }],
        ArchiveRule: { RetainRule: { RetentionArchiveTier: { Count: 1 } } },
      },
    ],
  },
  {
    ...{ ...ofSnapshots, ResourceTypes: ['VOLUME'] },
    Schedules: [{ FastRestoreRule: { ...age, AvailabilityZoneIds: ['use1-az1'] } }],
  },
  {
    ...{ ...ofSnapshots, ResourceTypes: ['VOLUME'] },
    Schedules: [{ ArchiveRule: { RetainRule: { RetentionArchiveTier: age } } }],
  },
  {
    ...{ ...ofSnapshots, ResourceTypes: ['INSTANCE'] },
    Schedules: [{ VariableTags: [{ Key: 'of', Value: '$(instance-id)' }] }],
    Parameters: { ExcludeDataVolumeTags: [{ Key: 'a', Value: 'b' }] },
  },
  {
    ...{ ...ofSnapshots, ResourceTypes: ['INSTANCE'] },
    Schedules: [
      {
        CreateRule: {
          Scripts: [
            {
              Stages: ['PRE'],
              ExecutionHandler: 'hold',
              ExecuteOperationOnScriptFailure: false,
              ExecutionTimeout: 5,
              MaximumRetryCount: 1,
            },
          ],
        },
      },
    ],
  },
  {
    CrossRegionCopyTargets: [{ TargetRegion: 'eu-west-1' }],
    Exclusions: {
      ExcludeBootVolumes: true,
      ExcludeVolumeTypes: ['gp3'],
      ExcludeTags: [{ Key: 'a' }],
    },
  },
].map((PolicyDetails) => ({ PolicyDetails, ...PolicyDetails }));
const hints: Record<string, object | object[]> = {
  'dlm.CreateLifecyclePolicy': backupPolicies,
  'dlm.UpdateLifecyclePolicy': backupPolicies,
  'imago.SimulateBackups': backupPolicies,
  'ssm.DescribeParameters': { ParameterFilters: [parameterFilter] },
  'ssm.GetParametersByPath': { Path: '/', ParameterFilters: [parameterFilter] },
  'imagebuilder.CreateLifecyclePolicy': { policyDetails: imagePolicyDetails },
  'imagebuilder.UpdateLifecyclePolicy': { policyDetails: imagePolicyDetails },
  'ec2.DeleteTags': { Tags: [{ Key: secretTag, Value: 'x' }] },
};

const { nouns, actions } = await readTables();
let callers: Callers;
const words = new Words([]);
before(async () => {
  callers = await Callers.create(nouns);
});
after(() => callers?.[Symbol.asyncDispose]());

for (const { model, operations } of services) {
  for (const [action, operation] of Object.entries(operations)) {
    test(`${model.service}.${action} reads what it accepts`, async () => {
      const { owner } = callers;
      const as = operation.audience === 'operator' ? callers.operator : owner;
      const context = { ...as, catalog: dryRunCatalog(as.catalog) };
      const entry = actions.get(`${model.service}.${action}`) ?? {};
      const read = new Set<string>();
      const run = operation.run as (input: object, context: OperationContext) => Promise<unknown>;
      const ask = (input: object) =>
        run(recordedReads(input, read), context).then(
          (output) => words.hear(JSON.stringify(output) ?? ''),
          () => {},
        );
      const unread = () =>
        leavesOf(model, action, operation.accepts).filter((path) => !read.has(path));
      const bases = await basesOf(model, action, entry, as);
      for (const hint of [hints[`${model.service}.${action}`] ?? {}].flat()) {
        for (const base of bases) await ask(merged(base, hint) as object);
      }
      for (let number = 0; number < tries && unread().length > 0; number++) {
        const random = new Random(seed, number);
        const { accepts } = operation;
        const plan = { model, action, accepts, wrong: number % 3 === 2 ? 0.05 : 0 };
        const some = new InputMaker(random, words, plan).make();
        await ask(number % 2 === 0 ? (merged(some, random.pick(bases)) as object) : some);
        const path = unread()[number % Math.max(unread().length, 1)];
        if (path === undefined) break;
        await ask(merged(random.pick(bases), wanted(random, model, action, path)) as object);
      }
      assert.deepEqual(unread(), [], `accepted, and read by nobody; seed ${seed}`);
    });
  }
}

/** What the matrix asks for as the owner. */
async function basesOf(
  model: ServiceModel,
  action: string,
  entry: Action,
  as: OperationContext,
): Promise<object[]> {
  let base: unknown = entry.with ?? {};
  for (const [path, noun] of Object.entries(entry.needs ?? {})) {
    base = merged(base, inputWith(model, action, path, await callers.own(as, noun)));
  }
  const named = await Promise.all(
    (entry.names ?? []).map(async (naming) => {
      const id = await callers.own(as, naming.noun);
      const wanted = inputWith(model, action, naming.path, id);
      return [merged(merged(base, naming.with ?? {}), wanted) as object, wanted];
    }),
  );
  return [base as object, ...named.flat()];
}

/** An input with something at the path, and with what it goes with. */
function wanted(random: Random, model: ServiceModel, action: string, path: string): object {
  if (path.startsWith('TagSpecifications.')) {
    const tags = { Tags: [{ Key: 'Name', Value: 'web' }] };
    return { TagSpecifications: [{ ResourceType: random.pick(taggedTypes), ...tags }] };
  }
  return inputWith(model, action, path, words.likely(random, path.split('.').at(-1) ?? ''));
}

/** Of each that an action has documented-filters.test.ts sees. */
const isFilter = (path: string) => /^Filters?\./.test(path);

/** Scalars that are accepted, and of structures that are accepted as a whole what is in them. */
function leavesOf(model: ServiceModel, action: string, accepts: readonly string[]): string[] {
  const leaves: string[] = [];
  const walk = (ref: string, path: string, above: readonly string[]) => {
    const shape = model.shapes[ref];
    if (shape && 'list' in shape) return walk(shape.list, path, above);
    if (!shape || !('members' in shape) || above.includes(ref)) {
      const taken = accepts.some((each) => path === each || path.startsWith(`${each}.`));
      if (taken && !isFilter(path)) leaves.push(path);
      return;
    }
    for (const [name, member] of Object.entries(shape.members)) {
      const here = path === '' ? name : `${path}.${name}`;
      walk(typeof member === 'string' ? member : member[0], here, [...above, ref]);
    }
  };
  walk(model.operations[action]?.input ?? '', '', []);
  return leaves;
}
