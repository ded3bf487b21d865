/** The tables of launch templates and of their versions. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function launchTemplates(steps: MigrationSteps): Promise<void> {
  const { schema } = steps.queries;
  await createOwnedTable(steps, 'launchTemplates', ['name']);
  const names = schema.createIndex('launchTemplates_name').unique().on('launchTemplates');
  await steps.run(names.columns(['account', 'region', 'name']).compile());
  await createOwnedTable(steps, 'launchTemplateVersions', ['templateId'], {
    templateId: ['templateId'],
  });
}
