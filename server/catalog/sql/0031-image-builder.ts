/** The tables of Image Builder. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function imageBuilder(steps: MigrationSteps): Promise<void> {
  const bySlug = { slug: ['slug'] };
  await createOwnedTable(steps, 'components', ['slug'], bySlug);
  await createOwnedTable(steps, 'imageRecipes', ['slug'], bySlug);
  await createOwnedTable(steps, 'infrastructureConfigurations');
  await createOwnedTable(steps, 'distributionConfigurations');
  await createOwnedTable(steps, 'imagePipelines');
  await createOwnedTable(steps, 'imageBuilds', ['slug', 'state'], { ...bySlug, state: ['state'] });
  await createOwnedTable(steps, 'lifecyclePolicies');
}
