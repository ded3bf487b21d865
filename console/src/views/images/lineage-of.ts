/**
 * Where an image comes from and what came of it: its ancestors with the instance that it was
 * captured of, and from the image itself down its copies, its instances, and what was captured of
 * those. Each level is one question to the API, and
 * no more than `shownMax` of a level are shown.
 */
import type { ApiClient } from '../../api/client.ts';
import { type Instance, instancesOf, nameOf } from '../instances/instance.ts';
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
  const instancesWhere = (name: string, value: string) =>
    client.call(
      'ec2',
      'DescribeInstances',
      { Filters: [{ Name: name, Values: [value] }], MaxResults: shownMax },
      signal,
    );
  const { SourceInstanceId: captured } = image;
  const [ancestry, copies, instances, source] = await Promise.all([
    client.call('ec2', 'GetImageAncestry', { ImageId: id }, signal),
    ask('source-image-id', [id]),
    instancesWhere('image-id', id),
    captured ? instancesWhere('instance-id', captured) : {},
  ]);
  const ancestors = ancestry.ImageAncestryEntries ?? [];
  const parent = ancestors.find(({ ImageId }) => ImageId === id)?.SourceImageId;
  if (captured) {
    lineage.addInstances(instancesOf(source));
    lineage.relate(captured, id, 'capture');
    if (parent) lineage.relate(parent, captured, 'launch');
  }
  for (const { ImageId = '', SourceImageId } of ancestors) {
    lineage.add({ id: ImageId, name: ImageId, kind: 'image' });
    if (SourceImageId) lineage.relate(SourceImageId, ImageId, 'ancestor');
  }
  for (const copy of copies.Images ?? []) {
    lineage.addImage(copy);
    lineage.relate(id, copy.ImageId ?? '', copy.SourceInstanceId ? 'capture' : 'copy');
  }
  const launched = instancesOf(instances);
  lineage.addInstances(launched);
  for (const { InstanceId = '' } of launched) lineage.relate(id, InstanceId, 'launch');
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

  addInstances(instances: readonly Instance[]): void {
    for (const instance of instances) {
      const { InstanceId: id = '', State } = instance;
      this.add({ id, name: nameOf(instance), kind: 'instance', state: State?.Name });
    }
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
