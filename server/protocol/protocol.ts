/**
 * A protocol: how a request says what it asks for, and how an answer looks. One implementation for
 * each, made for the model of one service. Pure: values and bytes in, values and bytes out. Who
 * asks, whether they may and which status an error has is decided in http/.
 */
import type { OperationModel, ServiceModel } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import type { Bytes } from './pieces.ts';

/** A request without its body. */
export interface RequestHead {
  method: string;
  /** As it was sent, without the query string. */
  path: string;
  /** Decoded, in order; a name may be there more than once. */
  query: ReadonlyMap<string, readonly string[]>;
  /** Names in small letters. */
  headers: Readonly<Record<string, string>>;
}

/** The whole of it, or a stream for an action whose `Target` says so. */
export type RequestBody = Uint8Array | AsyncIterable<Uint8Array>;

export interface Target {
  action: string;
  /** Its body is not held as a whole. */
  streamed: boolean;
}

export interface Ask {
  action: string;
  /** Of an action that the model has; throws for an input that it does not allow. */
  decode(): Record<string, unknown>;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /**
   * In pieces, which belong one after the other: an answer may be large. A list that comes in parts
   * makes them a stream.
   */
  body: Bytes;
  /** Called when the last of it is the kernel's; not where that never comes to pass. */
  sent?: () => void;
}

export interface ErrorFacts {
  code: string;
  message: string;
  /** The request is at fault, not Imago. */
  sender: boolean;
}

export interface Protocol {
  /**
   * Whether a request to the service is in it. The last protocol of a service takes what no other
   * claims.
   */
  claims(head: Omit<RequestHead, 'query'>): boolean;
  /**
   * What is asked for, where the head says so: then it is known what is allowed of the body before
   * that comes.
   */
  targetOf(head: RequestHead): Target | undefined;
  /**
   * Throws for what is no request of this protocol; whether the action is offered is the caller's
   * to see.
   */
  read(head: RequestHead, body: RequestBody): Ask;
  result(action: string, output: unknown, requestId: string): Answer;
  error(error: ErrorFacts, requestId: string): Omit<Answer, 'status'>;
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** Of an action that the caller has found to be offered. */
export function operationOf(model: ServiceModel, action: string): OperationModel {
  const operation = model.operations[action];
  if (!operation) throw new Error(`${model.service} offers no ${action}`);
  return operation;
}

/** Whether one of the members of a struct is a stream. */
export function hasStream(model: ServiceModel, ref: string): boolean {
  const shape = model.shapes[ref];
  return (
    shape !== undefined && 'members' in shape && Object.values(shape.members).includes('stream')
  );
}

/** Refuses a body of any other type; `wanted` is what the refusal asks for. */
export function checkMediaType(
  { headers }: RequestHead,
  mediaType: string,
  wanted = mediaType,
): void {
  const [contentType = ''] = (headers['content-type'] ?? '').split(';');
  if (contentType.trim().toLowerCase() === mediaType) return;
  throw new ServiceError('UnsupportedProtocol', `The body must be ${wanted}.`);
}

/** A body of an action that takes no stream. */
export function wholeBody(body: RequestBody): Uint8Array {
  if (body instanceof Uint8Array) return body;
  throw new Error('a stream was given to a protocol that asked for a whole body');
}
