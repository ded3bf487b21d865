/**
 * The form in which the contract of a service is written down: named shapes and the operations that
 * use them. One form for generated services (api/generated) and for Imago's own (api/imago.ts), so
 * that one set of codecs serves all. Data only: what is done with it is in server/protocol.
 */

/**
 * `number` in an input is a whole number: no offered action takes a fraction. A timestamp is a
 * `Date`, a blob a `Uint8Array`, a stream an `AsyncIterable<Uint8Array>`: the body of a rest-json
 * request or answer, which need not be held as a whole (what is held may be given as it is).
 * (`document`, free JSON, is in outputs of Imago's own service only.)
 */
export type ScalarName = 'string' | 'number' | 'boolean' | 'timestamp' | 'blob' | 'stream';

/** A scalar or the name of a shape. */
export type ShapeRef = string;

/**
 * A member: its shape; where they differ from the member's name, its name in a query (`Filter` for
 * `Filters`) and its element in XML (`imagesSet` for `Images`).
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

/** From text to values; in JSON only. */
export interface MapShape {
  readonly map: ShapeRef;
}

export type Shape = StructShape | ListShape | MapShape;

/** Where a member is in a rest-json request or answer, when it is not a member of the JSON body. */
export type Binding = 'label' | 'payload' | 'status' | `header ${string}` | `query ${string}`;

export interface OperationModel {
  readonly input: string;
  /** None is an empty one. */
  readonly output?: string;
  /**
   * Of a rest-json service: members elsewhere than in the body; the status of a success, 200 when
   * absent.
   */
  readonly http?: {
    readonly status?: number;
    readonly input?: Readonly<Record<string, Binding>>;
    readonly output?: Readonly<Record<string, Binding>>;
  };
}

export interface ServiceModel {
  readonly service: string;
  readonly version: string;
  /** Every service is spoken as aws-json too, in the form of Imago's own clients. */
  readonly protocol: 'ec2-query' | 'query' | 'rest-json' | 'aws-json';
  /** Of an aws-json service: what stands before the action in `X-Amz-Target`. */
  readonly target?: string;
  /** Of a rest-json service whose times are ISO 8601; absent: they are seconds since 1970. */
  readonly times?: 'iso';
  /** Of those that answer XML. */
  readonly xmlNamespace?: string;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly operations: Readonly<Record<string, OperationModel>>;
  /**
   * Of a rest-json service: method and path of all its actions, offered or not, such as
   * `PUT /snapshots/{SnapshotId}/blocks/{BlockIndex}`.
   */
  readonly routes?: Readonly<Record<string, string>>;
  /**
   * Of a service in JSON: what it calls an error that every service has (`MissingParameter`), and the
   * `Reason` that a rest-json one gives with it.
   */
  readonly errors?: Readonly<Record<string, readonly [code: string, reason?: string]>>;
  /** What it calls an error of EC2's that names a thing, such as `InvalidSubnetID.NotFound`. */
  readonly errorOfThings?: string;
  /** Where they are not those that such errors have usually: HTTP statuses by its own codes. */
  readonly statuses?: Readonly<Record<string, number>>;
}
