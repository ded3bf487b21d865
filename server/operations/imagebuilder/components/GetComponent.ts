import type {
  GetComponentRequest,
  GetComponentResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { latestReferences } from '../../../domain/imagebuilder/arns.ts';
import { newestComponent } from '../../../domain/imagebuilder/components.ts';
import type { Operation } from '../../operation.ts';
import { componentShape } from '../../shapes/image-builder.ts';

/** By the ARN of a version, its newest build; wildcards, the newest of all that match. */
export const getComponent: Operation<GetComponentRequest, GetComponentResponse> = {
  accepts: ['componentBuildVersionArn'],
  async run({ componentBuildVersionArn: arn }, { catalog, caller, requestId }) {
    const row = await catalog.read((reader) => newestComponent(reader, caller, arn));
    return {
      requestId,
      component: componentShape(row),
      latestVersionReferences: latestReferences(row, 'component', row.slug, row.semanticVersion),
    };
  },
};
