/**
 * The instance types that an image is for, as its owner says: rules of the lists, and of a launch.
 */
import { ServiceError } from '../../api/service-error.ts';
import { matchesTokens, patternTokens } from '../catalog/pattern.ts';
import type { ImageRow, InstanceTypeSpecification } from '../catalog/rows/image.ts';

/** EC2's limits of a list and of its entries, which have no wildcard but `*`. */
const entriesMax = 100;
const entryPattern = /^(?!.*\*\*)[A-Za-z0-9_.*-]{1,24}$/;

/** Undefined, for an image of all types, where both lists are empty. */
export function typeSpecification(
  supported: readonly string[],
  unsupported: readonly string[],
): InstanceTypeSpecification | undefined {
  const entries = [...supported, ...unsupported];
  if (entries.length === 0) return undefined;
  for (const list of [supported, unsupported]) {
    if (list.length > entriesMax) {
      throw invalid(`A list of instance types has at most ${entriesMax} entries.`);
    }
  }
  for (const entry of entries) {
    if (!entryPattern.test(entry)) throw invalid(`Invalid instance type '${entry}'.`);
  }
  const twice = entries.find((entry, index) => entries.indexOf(entry) !== index);
  if (twice !== undefined) throw invalid(`The instance type '${twice}' is named twice.`);
  return { supported: [...supported], unsupported: [...unsupported] };
}

/** Not of what is listed in the marketplace, as EC2 documents it. */
export function withTypes(image: ImageRow, instanceTypes?: InstanceTypeSpecification): ImageRow {
  if (!instanceTypes || !image.productCodes) return { ...image, instanceTypes };
  throw new ServiceError(
    'OperationNotPermitted',
    `The image ${image.id} is of a product of the marketplace, and no instance type specification can be set on it.`,
  );
}

/** The types among those that are not supported are excluded from those that are. */
export function checkTypeOfImage({ id, instanceTypes }: ImageRow, instanceType: string): void {
  if (!instanceTypes) return;
  const { supported, unsupported } = instanceTypes;
  const matches = (entry: string) => matchesTokens(patternTokens(entry), instanceType);
  if ((supported.length === 0 || supported.some(matches)) && !unsupported.some(matches)) return;
  throw new ServiceError(
    'InvalidParameterCombination',
    `The instance type '${instanceType}' is not compatible with the image ${id}: its owner has said for which types it is.`,
  );
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
