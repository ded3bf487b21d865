import type {
  CreateComponentRequest,
  CreateComponentResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import {
  checkedName,
  invalidParameter,
  latestReferences,
  slugOf,
} from '../../../domain/imagebuilder/arns.ts';
import { insertComponent } from '../../../domain/imagebuilder/components.ts';
import { documentFacts } from '../../../domain/imagebuilder/document-facts.ts';
import { checkedVersion } from '../../../domain/imagebuilder/versions.ts';
import type { Operation } from '../../operation.ts';
import { builderTags, builderText, made, ownedBy } from '../../requests/image-builder.ts';

/** As documented. */
const dataMaxChars = 16_000;
const osVersionsMax = 25;

export const createComponent: Operation<CreateComponentRequest, CreateComponentResponse> = {
  accepts: [
    'name',
    'semanticVersion',
    'description',
    'changeDescription',
    'supportedOsVersions',
    'data',
    'tags',
    'clientToken',
  ],
  fixed: { platform: 'Linux' },
  async run(input, context) {
    const { supportedOsVersions, data = '' } = input;
    if (data === '' || data.length > dataMaxChars) {
      throw invalidParameter('data', data.slice(0, 80), `has from 1 to ${dataMaxChars} characters`);
    }
    if (supportedOsVersions && !isFew(supportedOsVersions)) {
      throw invalidParameter('supportedOsVersions', `${supportedOsVersions}`, 'must be 1 to 25');
    }
    const name = checkedName(input.name);
    const asked = {
      ...ownedBy(context),
      name,
      slug: slugOf(name),
      semanticVersion: checkedVersion(input.semanticVersion),
      description: builderText(input.description, 'description'),
      changeDescription: builderText(input.changeDescription, 'changeDescription'),
      platform: 'Linux',
      supportedOsVersions,
      data,
      ...documentFacts(data),
      tags: builderTags(input.tags),
    } as const;
    const arn = await context.catalog.write((transaction) =>
      made(transaction, context, 'CreateComponent', input, async () => {
        const { id } = await insertComponent(transaction, asked);
        return id;
      }),
    );
    return {
      requestId: context.requestId,
      clientToken: input.clientToken,
      componentBuildVersionArn: arn,
      latestVersionReferences: latestReferences(
        context.caller,
        'component',
        asked.slug,
        asked.semanticVersion,
      ),
    };
  },
};

function isFew(versions: readonly string[]): boolean {
  return versions.length >= 1 && versions.length <= osVersionsMax && !versions.includes('');
}
