import type {
  GetLifecyclePoliciesRequest,
  GetLifecyclePoliciesResponse,
} from '../../../api/generated/dlm-types.ts';
import type { BackupPolicyRow } from '../../catalog/rows/backup-policy.ts';
import { requiredPolicy } from '../../domain/backups/policies.ts';
import type { Operation } from '../operation.ts';
import { invalid } from '../requests/backup-schedule.ts';
import { policySummaryShape } from '../shapes/backup-policies.ts';

const states = ['ENABLED', 'DISABLED', 'ERROR'];
const resourceTypes = { VOLUME: 'volumes', INSTANCE: 'instances' };
const defaultTypes = { ...resourceTypes, ALL: undefined };

export const getLifecyclePolicies: Operation<
  GetLifecyclePoliciesRequest,
  GetLifecyclePoliciesResponse
> = {
  accepts: ['PolicyIds', 'State', 'ResourceTypes', 'TargetTags', 'TagsToAdd', 'DefaultPolicyType'],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const { PolicyIds: ids } = input;
    const matches = filterOf(input);
    const rows = await catalog.read(async (reader) => {
      if (!ids?.length) return reader.backupPolicies.list({ where: { account, region } });
      const found = [];
      for (const id of new Set(ids)) found.push(await requiredPolicy(reader, caller, id));
      return found;
    });
    const there = rows.filter(({ deletedAt }) => deletedAt === undefined);
    return { Policies: there.filter(matches).map(policySummaryShape) };
  },
};

function filterOf(input: GetLifecyclePoliciesRequest): (row: BackupPolicyRow) => boolean {
  const { State: state, ResourceTypes: types, DefaultPolicyType: kind } = input;
  if (state !== undefined && !states.includes(state)) throw invalid(`'${state}' is no State`);
  if ((types?.length ?? 0) > 1) throw invalid('ResourceTypes has one type of resources');
  const wrong = types?.find((each) => !Object.hasOwn(resourceTypes, each));
  if (wrong !== undefined) throw invalid(`'${wrong}' is no type of resources`);
  if (kind !== undefined && !Object.hasOwn(defaultTypes, kind)) {
    throw invalid(`'${kind}' is no DefaultPolicyType`);
  }
  const of = types?.map((each) => resourceTypes[each as keyof typeof resourceTypes]);
  const only = kind && defaultTypes[kind as keyof typeof defaultTypes];
  return (row) =>
    (state === undefined || row.state === state) &&
    (!of?.length || of.includes(row.of)) &&
    (kind === undefined || (row.everything !== undefined && (only ?? row.of) === row.of)) &&
    (input.TargetTags ?? []).every((each) =>
      (row.targetTags ?? []).some(({ key, value }) => `${key}=${value}` === each),
    ) &&
    (input.TagsToAdd ?? []).every((each) =>
      row.schedules.some(({ tags }) =>
        Object.entries(tags).some(([key, value]) => `${key}=${value}` === each),
      ),
    );
}
