/**
 * What a recipe builds on: the AMI that its parent is at the moment. It is named by its id, as an
 * image of Image Builder (the newest that matches), or by a parameter.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { ImageBuildRow } from '../../catalog/rows/image-build.ts';
import { checkAvailable, requiredImage } from '../images.ts';
import { requiredParameter } from '../parameters.ts';
import type { Owner, Viewer } from '../viewer.ts';
import { invalidParameter, noResource, parsedArn } from './arns.ts';
import { newest } from './versions.ts';

const parameterPrefix = 'ssm:';

export async function parentImage(
  reader: CatalogReader,
  viewer: Viewer,
  parent: string,
  now: Date,
): Promise<ImageRow> {
  try {
    const image = await requiredImage(reader, viewer, await parentId(reader, viewer, parent, now));
    checkAvailable(image);
    return image;
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code === 'ResourceNotFoundException') throw error;
    throw invalidParameter('parentImage', parent, `is no image to build on: ${error.message}`);
  }
}

async function parentId(
  reader: CatalogReader,
  viewer: Viewer,
  parent: string,
  now: Date,
): Promise<string> {
  if (parent.startsWith('ami-')) return parent;
  if (parent.startsWith(parameterPrefix)) {
    const name = parent.slice(parameterPrefix.length);
    return (await requiredParameter(reader, viewer, name, now)).content.value;
  }
  const { amis } = await newestImage(reader, viewer, parent, 'parentImage');
  const here = amis.find(
    ({ region, account }) => region === viewer.region && account === viewer.account,
  );
  if (here) return here.imageId;
  throw invalidParameter('parentImage', parent, `has no AMI in ${viewer.region}`);
}

/** Of those that are there to be used, the newest that an ARN names, with wildcards or without. */
export async function newestImage(
  { imageBuilds }: CatalogReader,
  { account, region }: Owner,
  arn: string,
  member: string,
): Promise<ImageBuildRow> {
  const asked = parsedArn(arn, member, 'image', 'any');
  const where = { account, region, slug: asked.slug, state: ['AVAILABLE', 'DEPRECATED'] };
  const isOwn = asked.account === account && asked.region === region;
  const row = isOwn && newest(await imageBuilds.list({ where }), asked);
  if (!row) throw noResource(arn);
  return row;
}
