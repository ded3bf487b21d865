/** Images of the provider as Imago's own service shows them. */
import type { ProviderImage } from '../../../api/imago-provider.ts';
import { isDeprecated } from '../../domain/image-states.ts';
import { type ProviderVersion, parameterNamesOf } from '../../domain/public-parameters.ts';

export function providerImageShape(
  { name, number, image }: ProviderVersion,
  now: Date,
): ProviderImage {
  return {
    Name: name,
    Version: number,
    ImageId: image.id,
    ImageName: image.name,
    Region: image.region,
    Parameters: parameterNamesOf(name),
    Retired: isDeprecated(image, now),
    CreateDate: new Date(image.createdAt),
  };
}
