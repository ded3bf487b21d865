import type {
  GetComponentRequest,
  GetComponentResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { latestReferences, parsedArn, requiredByArn } from '../../../domain/imagebuilder/arns.ts';
import type { Operation } from '../../operation.ts';
import { componentShape } from '../../shapes/image-builder.ts';

export const getComponent: Operation<GetComponentRequest, GetComponentResponse> = {
  accepts: ['componentBuildVersionArn'],
  async run({ componentBuildVersionArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'componentBuildVersionArn', 'component', 'build');
    const row = await catalog.read((reader) => requiredByArn(reader, caller, 'component', arn));
    return {
      requestId,
      component: componentShape(row),
      latestVersionReferences: latestReferences(row, 'component', row.slug, row.semanticVersion),
    };
  },
};
