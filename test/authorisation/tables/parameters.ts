import { putParameter } from '../../../server/operations/ssm/PutParameter.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

const invalid = { unseen: 'InvalidResourceId', with: { ResourceType: 'Parameter' } };

export const table: AuthorisationTable = {
  nouns: {
    /** Everybody may have one of the same name. */
    parameter: {
      async make(context) {
        const name = `/made/${context.ids.resource('parameter')}`;
        await putParameter.run({ Name: name, Type: 'String', Value: 'its' }, context);
        return name;
      },
      missing: '/made/by-nobody',
      unseen: 'ParameterNotFound',
    },
  },
  actions: {
    'ssm.AddTagsToResource': byOne('ResourceId', 'parameter', {
      ...invalid,
      with: { ...invalid.with, Tags: [{ Key: 'made', Value: 'by the matrix' }] },
    }),
    'ssm.DeleteParameter': byOne('Name', 'parameter'),
    // What there is not is told by name beside what was done.
    'ssm.DeleteParameters': byOne('Names', 'parameter', { unseen: 'ok' }),
    'ssm.DescribeParameters': ownOnly,
    'ssm.GetParameter': byOne('Name', 'parameter'),
    'ssm.GetParameterHistory': byOne('Name', 'parameter'),
    'ssm.GetParameters': byOne('Names', 'parameter', { unseen: 'ok' }),
    'ssm.GetParametersByPath': { with: { Path: '/' } },
    'ssm.LabelParameterVersion': byOne('Name', 'parameter', { with: { Labels: ['label'] } }),
    'ssm.ListTagsForResource': byOne('ResourceId', 'parameter', invalid),
    'ssm.PutParameter': { with: { Name: 'new', Type: 'String', Value: 'its' }, plain: ['Name'] },
    'ssm.RemoveTagsFromResource': byOne('ResourceId', 'parameter', {
      ...invalid,
      with: { ...invalid.with, TagKeys: ['made'] },
    }),
    'ssm.UnlabelParameterVersion': byOne('Name', 'parameter', {
      with: { ParameterVersion: 1, Labels: ['label'] },
    }),
  },
};
