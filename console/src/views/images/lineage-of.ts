/**
 * Where an image comes from and what came of it: its ancestors, and from the image itself down its
 * copies, its instances, and what was captured of those. Each level is one question to the API, and
 * no more than `shownMax` of a level are shown.
 */
import type { ApiClient } from '../../api/client.ts';
import type { Image } from './kinds.ts';

export interface Relative {
  id: string;
  name: string;
  kind: 'image' | 'instance';
  /** In the words of EC2, or `gone`. */
  state?: string;
}

export interface Relation {
  from: string;
  to: string;
  how: 'copy' | 'launch' | 'capture' | 'ancestor';
}

export interface Lineage {
  relatives: Relative[];
  relations: Relation[];
  /** There is more than is shown. */
  isCut: boolean;
}

const shownMax = 40;

export async function lineageOf(
  client: ApiClient,
  image: Image,
  signal?: AbortSignal,
): Promise<Lineage> {
  const lineage = new LineageBuilder();
  const id = image.ImageId ?? '';
  lineage.addImage(image);
  const all = { IncludeDeprecated: true, IncludeDisabled: true, MaxResults: shownMax };
  const ask = <Name extends string>(name: Name, values: string[]) =>
    client.call(
      'ec2',
      'DescribeImages',
      { ...all, Filters: [{ Name: name, Values: values }] },
      signal,
    );
  const [ancestry, copies, instances] = await Promise.all([
    client.call('ec2', 'GetImageAncestry', { ImageId: id }, signal),
    ask('source-image-id', [id]),
    client.call(
      'ec2',
      'DescribeInstances',
      { Filters: [{ Name: 'image-id', Values: [id] }], MaxResults: shownMax },
      signal,
    ),
  ]);
  for (const { ImageId = '', SourceImageId } of ancestry.ImageAncestryEntries ?? []) {
    lineage.add({ id: ImageId, name: ImageId, kind: 'image' });
    if (SourceImageId) lineage.relate(SourceImageId, ImageId, 'ancestor');
  }
  for (const copy of copies.Images ?? []) {
    lineage.addImage(copy);
    lineage.relate(id, copy.ImageId ?? '', copy.SourceInstanceId ? 'capture' : 'copy');
  }
  const launched = (instances.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
  for (const { InstanceId = '', State, Tags = [] } of launched) {
    const name = Tags.find(({ Key }) => Key === 'Name')?.Value ?? InstanceId;
    lineage.add({ id: InstanceId, name, kind: 'instance', state: State?.Name });
    lineage.relate(id, InstanceId, 'launch');
  }
  lineage.isCut ||= Boolean(copies.NextToken ?? instances.NextToken);
  if (launched.length > 0) {
    const captures = await ask(
      'source-instance-id',
      launched.map(({ InstanceId = '' }) => InstanceId),
    );
    for (const capture of captures.Images ?? []) {
      lineage.addImage(capture);
      lineage.relate(capture.SourceInstanceId ?? '', capture.ImageId ?? '', 'capture');
    }
    lineage.isCut ||= Boolean(captures.NextToken);
  }
  return lineage.done();
}

class LineageBuilder {
  readonly #relatives = new Map<string, Relative>();
  readonly #relations = new Map<string, Relation>();
  isCut = false;

  addImage({ ImageId = '', Name, State }: Image): void {
    this.#relatives.set(ImageId, {
      id: ImageId,
      name: Name ?? ImageId,
      kind: 'image',
      state: State,
    });
  }

  add(relative: Relative): void {
    if (!this.#relatives.has(relative.id)) this.#relatives.set(relative.id, relative);
  }

  relate(from: string, to: string, how: Relation['how']): void {
    // What is known better is not replaced: a capture's source image is its ancestor as well.
    const known = [...this.#relations.values()].some((each) => each.to === to);
    if (!known || how !== 'ancestor') this.#relations.set(`${from} ${to}`, { from, to, how });
    if (how === 'capture' && from.startsWith('i-')) {
      const short = [...this.#relations.entries()].find(
        ([, each]) => each.to === to && each.from.startsWith('ami-'),
      );
      if (short) this.#relations.delete(short[0]);
    }
  }

  done(): Lineage {
    for (const { from, to } of this.#relations.values()) {
      for (const id of [from, to]) {
        this.add({ id, name: id, kind: id.startsWith('i-') ? 'instance' : 'image', state: 'gone' });
      }
    }
    return {
      relatives: [...this.#relatives.values()],
      relations: [...this.#relations.values()],
      isCut: this.isCut,
    };
  }
}
