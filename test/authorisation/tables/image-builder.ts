/** Image Builder. */
import type { OperationContext } from '../../../server/operations/operation.ts';
import {
  changeBuild,
  componentDocument,
  makeComponent,
  makeDistribution,
  makeImage,
  makeInfrastructure,
  makeLifecyclePolicy,
  makePipeline,
  makeRecipe,
  workflowOf,
} from '../../../server/operations/test-image-builder.ts';
import { type AuthorisationTable, byOne, type Naming, type Noun, ownOnly } from '../table.ts';

const unseen = 'ResourceNotFoundException';
const semanticVersion = '1.0.0';
const data = componentDocument('build', 'parameters: [{word: {type: string, default: hi}}]');
const component = { name: 'made', semanticVersion, platform: 'Linux', data } as const;

function missing(rest: string): string {
  return `arn:aws:imagebuilder:us-east-1:999999999999:${rest}`;
}

/** The same one again for the same name. */
function oneComponent(context: OperationContext, name = 'made'): Promise<string> {
  return makeComponent(context, { ...component, name, clientToken: name.slice(-36) });
}

const instanceProfileName = 'builder';
const distributions = [{ region: 'us-east-1' }];

/** Looked up by a build, in the region where they are. */
const ofDistributions = [
  'distributions.amiDistributionConfiguration.kmsKeyId',
  'distributions.amiDistributionConfiguration.launchPermission.userIds',
  'distributions.amiDistributionConfiguration.launchPermission.organizationArns',
  'distributions.amiDistributionConfiguration.launchPermission.organizationalUnitArns',
  'distributions.launchTemplateConfigurations.launchTemplateId',
  'distributions.ssmParameterConfigurations.parameterName',
];

/** What a configuration of machines names, asked for by `action` under names of their own. */
function ofInfrastructure(action: 'Create' | 'Update'): Naming[] {
  const things = { keyPair: 'keyName', subnetId: 'subnet', securityGroupIds: 'securityGroup' };
  return Object.entries(things).map(([path, noun]) => {
    const name = { name: `by ${path}`, clientToken: `by ${path}` };
    const own = action === 'Create' ? name : {};
    return { path, noun, with: own, unseen: 'InvalidParameterValueException' };
  });
}

const policyChange = {
  executionRole: 'lifecycle',
  resourceType: 'AMI_IMAGE',
  policyDetails: [{ action: { type: 'DISABLE' }, filter: { type: 'COUNT', value: 3 } }],
  resourceSelection: { tagMap: { stage: 'test' } },
};
const policy = { name: 'made', ...policyChange };

/** What a request of a build, or a pipeline, names. */
const buildNeeds = {
  imageRecipeArn: 'imageRecipe',
  infrastructureConfigurationArn: 'infrastructure',
};
const buildNames: Naming[] = [
  { path: 'imageRecipeArn', noun: 'imageRecipe' },
  { path: 'infrastructureConfigurationArn', noun: 'infrastructure' },
  { path: 'distributionConfigurationArn', noun: 'distribution' },
];

const named = (name: string) => ({ name, clientToken: name });

/** A build that has begun: `of` is the id that it is known by. */
function begunImage(of: (workflow: ReturnType<typeof workflowOf>) => string): Noun['make'] {
  return async (context) => {
    const arn = await makeImage(context);
    const workflow = workflowOf(context.ids);
    await changeBuild(context, arn, { workflows: [workflow] });
    return of(workflow);
  };
}

export const table: AuthorisationTable = {
  nouns: {
    component: {
      make: (context) => oneComponent(context),
      missing: missing('component/made/1.0.0/1'),
      unseen,
    },
    /** Of a name of its own: nothing needs it. */
    freshComponent: {
      make: (context) => oneComponent(context, context.ids.uuid()),
      missing: missing('component/made/1.0.0/1'),
      unseen,
    },
    componentVersion: {
      make: async (context) => (await oneComponent(context, 'listed')).replace(/\/1$/, ''),
      missing: missing('component/made/1.0.0'),
      unseen: 'ok',
    },
    builtImage: {
      make: (context) => makeImage(context),
      missing: missing('image/made/1.0.0/1'),
      unseen,
    },
    failedImage: {
      async make(context) {
        const arn = await makeImage(context);
        await changeBuild(context, arn, { state: 'FAILED' });
        return arn;
      },
      missing: missing('image/made/1.0.0/1'),
      unseen,
    },
    imageVersion: {
      make: async (context) => (await makeImage(context)).replace(/\/1$/, ''),
      missing: missing('image/made/1.0.0'),
      unseen: 'ok',
    },
    imagePipeline: {
      make: (context) => makePipeline(context, { name: context.ids.uuid() }),
      missing: missing('image-pipeline/made'),
      unseen,
    },
    lifecyclePolicy: {
      make: (context) => makeLifecyclePolicy(context, { name: context.ids.uuid() }),
      missing: missing('lifecycle-policy/made'),
      unseen,
    },
    workflowExecution: {
      make: begunImage(({ id }) => id),
      missing: 'wf-00000000-0000-4000-8000-00000badc0de',
      unseen,
    },
    workflowStep: {
      make: begunImage(({ steps: [step] }) => step?.id ?? ''),
      missing: 'step-00000000-0000-4000-8000-00000badc0de',
      unseen,
    },
    infrastructure: {
      make: (context) => makeInfrastructure(context, { name: context.ids.uuid() }),
      missing: missing('infrastructure-configuration/made'),
      unseen,
    },
    distribution: {
      make: (context) => makeDistribution(context, { name: context.ids.uuid() }),
      missing: missing('distribution-configuration/made'),
      unseen,
    },
    imageRecipe: {
      make: (context) => makeRecipe(context, { name: context.ids.uuid() }),
      missing: missing('image-recipe/made/1.0.0'),
      unseen,
    },
  },
  actions: {
    'imagebuilder.CreateImage': { needs: buildNeeds, names: buildNames },
    'imagebuilder.GetImage': byOne('imageBuildVersionArn', 'builtImage'),
    'imagebuilder.ListImages': { plain: ['byName'] },
    'imagebuilder.ListImageBuildVersions': byOne('imageVersionArn', 'imageVersion'),
    'imagebuilder.CancelImageCreation': byOne('imageBuildVersionArn', 'builtImage'),
    'imagebuilder.DeleteImage': byOne('imageBuildVersionArn', 'failedImage'),
    'imagebuilder.ListImagePackages': byOne('imageBuildVersionArn', 'builtImage'),
    'imago.TailBuildLog': byOne('ImageBuildVersionArn', 'builtImage', { connects: true }),
    'imagebuilder.ListWorkflowExecutions': byOne('imageBuildVersionArn', 'builtImage'),
    'imagebuilder.ListWorkflowStepExecutions': byOne('workflowExecutionId', 'workflowExecution'),
    'imagebuilder.GetWorkflowExecution': byOne('workflowExecutionId', 'workflowExecution'),
    'imagebuilder.GetWorkflowStepExecution': byOne('stepExecutionId', 'workflowStep'),
    'imagebuilder.CreateImagePipeline': {
      needs: buildNeeds,
      names: buildNames.map((naming) => ({ ...naming, with: named(`by ${naming.noun}`) })),
    },
    'imagebuilder.GetImagePipeline': byOne('imagePipelineArn', 'imagePipeline'),
    'imagebuilder.ListImagePipelines': ownOnly,
    'imagebuilder.UpdateImagePipeline': byOne('imagePipelineArn', 'imagePipeline', {
      needs: { ...buildNeeds, imagePipelineArn: 'imagePipeline' },
      names: buildNames,
    }),
    'imagebuilder.DeleteImagePipeline': byOne('imagePipelineArn', 'imagePipeline'),
    'imagebuilder.StartImagePipelineExecution': byOne('imagePipelineArn', 'imagePipeline'),
    'imagebuilder.ListImagePipelineImages': byOne('imagePipelineArn', 'imagePipeline'),
    'imagebuilder.CreateLifecyclePolicy': {
      with: policy,
      plain: ['executionRole', 'policyDetails.exclusionRules.amis.sharedAccounts'],
    },
    'imagebuilder.GetLifecyclePolicy': byOne('lifecyclePolicyArn', 'lifecyclePolicy'),
    'imagebuilder.ListLifecyclePolicies': ownOnly,
    'imagebuilder.UpdateLifecyclePolicy': byOne('lifecyclePolicyArn', 'lifecyclePolicy', {
      with: policyChange,
      plain: ['executionRole', 'policyDetails.exclusionRules.amis.sharedAccounts'],
    }),
    'imagebuilder.DeleteLifecyclePolicy': byOne('lifecyclePolicyArn', 'lifecyclePolicy'),
    'imagebuilder.CreateInfrastructureConfiguration': {
      with: { instanceProfileName },
      needs: { subnetId: 'subnet' },
      names: ofInfrastructure('Create'),
      plain: ['instanceProfileName'],
    },
    'imagebuilder.GetInfrastructureConfiguration': byOne(
      'infrastructureConfigurationArn',
      'infrastructure',
    ),
    'imagebuilder.ListInfrastructureConfigurations': ownOnly,
    'imagebuilder.UpdateInfrastructureConfiguration': byOne(
      'infrastructureConfigurationArn',
      'infrastructure',
      {
        with: { instanceProfileName },
        needs: { infrastructureConfigurationArn: 'infrastructure', subnetId: 'subnet' },
        names: ofInfrastructure('Update'),
        plain: ['instanceProfileName'],
      },
    ),
    'imagebuilder.DeleteInfrastructureConfiguration': byOne(
      'infrastructureConfigurationArn',
      'infrastructure',
    ),
    'imagebuilder.CreateDistributionConfiguration': {
      with: { name: 'made', clientToken: 'made', distributions },
      plain: ofDistributions,
    },
    'imagebuilder.GetDistributionConfiguration': byOne(
      'distributionConfigurationArn',
      'distribution',
    ),
    'imagebuilder.ListDistributionConfigurations': ownOnly,
    'imagebuilder.UpdateDistributionConfiguration': byOne(
      'distributionConfigurationArn',
      'distribution',
      { with: { distributions }, plain: ofDistributions },
    ),
    'imagebuilder.DeleteDistributionConfiguration': byOne(
      'distributionConfigurationArn',
      'distribution',
    ),
    'imagebuilder.CreateComponent': { with: { ...component, clientToken: 'made' } },
    'imagebuilder.GetComponent': byOne('componentBuildVersionArn', 'component'),
    'imagebuilder.ListComponents': { plain: ['byName'] },
    'imagebuilder.ListComponentBuildVersions': byOne('componentVersionArn', 'componentVersion'),
    'imagebuilder.DeleteComponent': byOne('componentBuildVersionArn', 'freshComponent'),
    'imagebuilder.CreateImageRecipe': {
      with: { semanticVersion },
      needs: { parentImage: 'image' },
      names: [
        {
          path: 'components.componentArn',
          noun: 'component',
          with: {
            name: 'by component',
            clientToken: 'by component',
            components: [{ parameters: [{ name: 'word', value: ['bye'] }] }],
          },
        },
        {
          path: 'parentImage',
          noun: 'image',
          with: { name: 'by image', clientToken: 'by image' },
          unseen: 'InvalidParameterValueException',
          seen: 'ok',
        },
        {
          path: 'blockDeviceMappings.ebs.snapshotId',
          noun: 'snapshot',
          with: {
            name: 'by snapshot',
            clientToken: 'by snapshot',
            blockDeviceMappings: [{ deviceName: '/dev/sdf' }],
          },
          unseen: 'InvalidParameterValueException',
          seen: 'ok',
        },
      ],
      // The key is looked up when it is built.
      plain: ['blockDeviceMappings.deviceName', 'blockDeviceMappings.ebs.kmsKeyId'],
    },
    'imagebuilder.GetImageRecipe': byOne('imageRecipeArn', 'imageRecipe'),
    'imagebuilder.ListImageRecipes': ownOnly,
    'imagebuilder.DeleteImageRecipe': byOne('imageRecipeArn', 'imageRecipe'),
    'imagebuilder.TagResource': byOne('resourceArn', 'component', { with: { tags: { a: 'b' } } }),
    'imagebuilder.UntagResource': byOne('resourceArn', 'component', { with: { tagKeys: ['a'] } }),
    'imagebuilder.ListTagsForResource': byOne('resourceArn', 'component'),
  },
};
