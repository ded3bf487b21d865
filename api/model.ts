/**
 * The form in which the contract of a service is written down: named shapes and the operations that use them.
 * One form for generated services (api/generated) and for Imago's own (api/imago.ts), so that one set of codecs serves all.
 * Data only: what is done with it is in server/protocol.
 */

/**
 * `number` in an input is a whole number: no offered action takes a fraction. A timestamp is a `Date`, a blob a
 * `Uint8Array`. (`document`, free JSON, is in outputs of Imago's own service only.)
 */
export type ScalarName = 'string' | 'number' | 'boolean' | 'timestamp' | 'blob';

/** A scalar or the name of a shape. */
export type ShapeRef = string;

/**
 * A member: its shape; where they differ from the member's name, its name in a query (`Filter` for `Filters`) and
 * its element in XML (`imagesSet` for `Images`).
 */
export type Member = ShapeRef | readonly [ShapeRef, queryName: string, xmlName: string];

export interface StructShape {
  readonly members: Readonly<Record<string, Member>>;
  readonly required?: readonly string[];
}

export interface ListShape {
  readonly list: ShapeRef;
  /** The element of each entry in XML; `item` nearly everywhere. */
  readonly xml: string;
}

export type Shape = StructShape | ListShape;

export interface ServiceModel {
  readonly service: string;
  readonly version: string;
  readonly xmlNamespace: string;
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Action -> names of its input and output structs; no output is an empty one. */
  readonly operations: Readonly<
    Record<string, { readonly input: string; readonly output?: string }>
  >;
}
