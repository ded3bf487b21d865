/** Builds of recipes, as requests order them, for tests of their task. */
import type { ComponentRow } from '../catalog/rows/component.ts';
import type { ImageBuildRow } from '../catalog/rows/image-build.ts';
import { buildTask } from '../domain/imagebuilder/order-build.ts';
import type { TestImago } from './test-imago.ts';

export interface TestBuild {
  parentImageId: string;
  /** Documents of its components, in order. */
  documents: string[];
  /** Of several builds: tells them apart. */
  build?: number;
  change?: Partial<ImageBuildRow>;
}

/** Answers the ARN of the build. */
export async function orderTestBuild(
  { catalog, services, caller }: Pick<TestImago, 'catalog' | 'services' | 'caller'>,
  { parentImageId, documents, build = 1, change }: TestBuild,
): Promise<string> {
  const { account, region } = caller;
  const arn = (kind: string, rest: string) =>
    `arn:aws:imagebuilder:${region}:${account}:${kind}/${rest}`;
  const createdAt = services.clock.now().toISOString();
  const owned = { account, region, createdAt };
  const components = documents.map(
    (data, index): ComponentRow => ({
      ...owned,
      id: arn('component', `part-${build}-${index}/1.0.0/1`),
      name: `part-${build}-${index}`,
      slug: `part-${build}-${index}`,
      semanticVersion: '1.0.0',
      build: 1,
      type: 'BUILD',
      platform: 'Linux',
      data,
      parameters: [],
      tags: {},
    }),
  );
  const recipe = {
    name: 'Golden',
    slug: 'golden',
    semanticVersion: '1.0.0',
    components: components.map(({ id }) => ({ arn: id, parameters: {} })),
    parentImage: parentImageId,
    blockDeviceMappings: [],
    amiTags: { Stage: 'golden' },
  };
  const id = arn('image', `golden/1.0.0/${build}`);
  const task = buildTask({ id, account, region }, services.site.hostId, services);
  const row: ImageBuildRow = {
    ...owned,
    id,
    slug: 'golden',
    semanticVersion: '1.0.0',
    build,
    state: 'PENDING',
    recipeArn: arn('image-recipe', 'golden/1.0.0'),
    recipe,
    infrastructureArn: arn('infrastructure-configuration', 'small'),
    infrastructure: {
      name: 'small',
      slug: 'small',
      instanceTypes: ['t3.nano'],
      instanceProfileName: 'builder',
      securityGroupIds: [],
      terminateInstanceOnFailure: true,
      resourceTags: {},
    },
    tests: { enabled: true },
    enhancedMetadata: false,
    parentImageId,
    components: recipe.components,
    buildType: 'USER_INITIATED',
    taskId: task.id,
    amis: [],
    workflows: [],
    tags: {},
    ...change,
  };
  await catalog.write(async (transaction) => {
    for (const component of components) await transaction.components.insert(component);
    await transaction.imageBuilds.insert(row);
    await transaction.tasks.insert(task);
  });
  return id;
}
