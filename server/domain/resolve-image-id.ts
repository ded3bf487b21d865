/**
 * `resolve:ssm:NAME[:version|:label]` in the place of an image's id: the image that the parameter
 * names when it is asked for. Any other text is the id itself.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import { requiredParameter } from './parameters.ts';
import type { Owner } from './viewer.ts';

const prefix = 'resolve:ssm:';

export async function resolveImageId(
  reader: CatalogReader,
  viewer: Owner,
  imageId: string,
  now: Date,
): Promise<string> {
  if (!imageId.startsWith(prefix)) return imageId;
  const { name, content } = await named(reader, viewer, imageId.slice(prefix.length), now);
  if (content.dataType === 'aws:ec2:image') return content.value;
  throw invalid(
    `Unsupported data type of ${name}. The following parameter data types are supported: aws:ec2:image`,
  );
}

async function named(reader: CatalogReader, viewer: Owner, text: string, now: Date) {
  try {
    return await requiredParameter(reader, viewer, text, now);
  } catch (error) {
    if (error instanceof ServiceError) throw invalid(error.message);
    throw error;
  }
}

function invalid(message: string): ServiceError {
  return new ServiceError('SsmInvalidParameter', message);
}
