/**
 * Reads the schemas that an official SDK exports into a service's model. Wire names follow the
 * SDK's own serializer and deserializer, so that what it sends and reads is what we read and send.
 * What the codecs do not know is refused here, by name.
 */
import { NormalizedSchema } from '@smithy/core/schema';
import type { Binding, OperationModel, ServiceModel, Shape } from '../api/model.ts';
import { capital } from './api-text.ts';

type Facts = Pick<
  ServiceModel,
  | 'service'
  | 'version'
  | 'protocol'
  | 'xmlNamespace'
  | 'target'
  | 'times'
  | 'errors'
  | 'errorOfThings'
  | 'statuses'
>;

export interface Source extends Facts {
  /** The SDK's module. */
  exported: Record<string, unknown>;
}

/** An operation's schema as the SDK exports it: kind, namespace, name, traits, input, output. */
type OperationSchema = readonly [9, string, string, OperationTraits | number, SchemaRef, SchemaRef];
type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];
type Traits = ReturnType<NormalizedSchema['getMergedTraits']>;

interface OperationTraits {
  http?: readonly [method: string, uri: string, status: number];
}

const operationKind = 9;

/** With the shapes of the offered actions; `actionNames` are all of the service's. */
export function readModel(
  { exported, ...facts }: Source,
  offered: readonly string[],
): { model: ServiceModel; actionNames: string[] } {
  const all = operationsOf(exported);
  const shapes: Record<string, Shape> = {};
  const operations: Record<string, OperationModel> = {};
  for (const action of offered) {
    const schema = all.get(action);
    if (!schema) throw new Error(`${facts.service} has no action ${action}`);
    operations[action] = operationOf(shapes, facts, schema);
  }
  const model = {
    ...facts,
    shapes: Object.fromEntries(Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1))),
    operations,
  };
  const actionNames = [...all.keys()];
  if (facts.protocol !== 'rest-json') return { model, actionNames };
  const routes = Object.fromEntries(
    [...all]
      .map(([name, schema]) => [name, routeOf(schema)] as const)
      // Of those there is none that is offered: it would be refused above.
      .filter(([, route]) => !route.includes('?')),
  );
  return { model: { ...model, routes }, actionNames };
}

function operationsOf(exported: Source['exported']): Map<string, OperationSchema> {
  const all = Object.values(exported).filter(
    (value): value is OperationSchema => Array.isArray(value) && value[0] === operationKind,
  );
  return new Map(
    all.map((schema) => [schema[2], schema] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function operationOf(
  shapes: Record<string, Shape>,
  facts: Facts,
  schema: OperationSchema,
): OperationModel {
  const [input, output] = [NormalizedSchema.of(schema[4]), NormalizedSchema.of(schema[5])];
  const operation = {
    input: addShape(shapes, facts, input),
    ...(output.isUnitSchema() ? {} : { output: addShape(shapes, facts, output) }),
  };
  if (facts.protocol !== 'rest-json') return operation;
  const [, uri, status] = httpOf(schema);
  if (uri.includes('?')) throw new Error(`${schema[2]} has a query in its path`);
  const http = {
    ...(status === 200 ? {} : { status }),
    ...bindingsOf('input', input),
    ...bindingsOf('output', output),
  };
  return Object.keys(http).length > 0 ? { ...operation, http } : operation;
}

function httpOf([, , name, traits]: OperationSchema) {
  const http = typeof traits === 'object' ? traits.http : undefined;
  if (!http) throw new Error(`${name} has no method and path`);
  return http;
}

function routeOf(schema: OperationSchema): string {
  const [method, uri] = httpOf(schema);
  return `${method} ${uri}`;
}

function bindingsOf(side: 'input' | 'output', schema: NormalizedSchema) {
  if (!schema.isStructSchema()) return {};
  const bindings: Record<string, Binding> = {};
  for (const [name, member] of schema.structIterator()) {
    const binding = bindingOf(member.getMergedTraits());
    if (binding === 'payload' && !member.isBlobSchema()) throw new Error(`${name} is a payload`);
    if (binding?.startsWith('header') && member.isTimestampSchema())
      throw new Error(`time ${name}`);
    if (binding) bindings[name] = binding;
  }
  return Object.keys(bindings).length > 0 ? { [side]: bindings } : {};
}

function bindingOf(traits: Traits): Binding | undefined {
  if (traits.httpQueryParams || traits.httpPrefixHeaders) throw new Error('a map in the head');
  if (traits.httpLabel) return 'label';
  if (traits.httpPayload) return 'payload';
  if (traits.httpResponseCode) return 'status';
  if (traits.httpHeader) return `header ${traits.httpHeader.toLowerCase()}`;
  if (traits.httpQuery) return `query ${traits.httpQuery}`;
  return undefined;
}

/** Adds the schema and what it uses to `shapes`; returns how to refer to it. */
function addShape(shapes: Record<string, Shape>, facts: Facts, schema: NormalizedSchema): string {
  if (schema.isStringSchema()) return 'string';
  if (schema.isNumericSchema()) return 'number';
  if (schema.isBooleanSchema()) return 'boolean';
  if (schema.isTimestampSchema()) return 'timestamp';
  if (schema.isBlobSchema()) return schema.isStreaming() ? 'stream' : 'blob';
  if (schema.isDocumentSchema()) return 'document';
  if (schema.isMapSchema()) {
    const map = addShape(shapes, facts, schema.getValueSchema());
    return put(shapes, `${capital(map)}Map`, { map });
  }
  if (schema.isListSchema()) {
    const value = schema.getValueSchema();
    const xml = value.getMergedTraits().xmlName ?? 'member';
    const list = addShape(shapes, facts, value);
    // Lists of scalars often have no name of their own in the schema: one made of their content
    // serves all of them.
    const name = Array.isArray(schema.getSchema())
      ? nameOf(schema)
      : `${capital(list)}${capital(xml)}List`;
    if (schema.getMergedTraits().xmlFlattened) throw new Error(`flattened XML list ${name}`);
    return put(shapes, name, { list, xml });
  }
  if (!schema.isStructSchema()) throw new Error(`unexpected kind of schema ${nameOf(schema)}`);
  const name = nameOf(schema);
  if (shapes[name]) return name;
  shapes[name] = { members: {} }; // before its members: a shape may contain itself
  const members: Record<string, string | readonly [string, string, string]> = {};
  for (const [member, memberSchema] of schema.structIterator()) {
    const traits = memberSchema.getMergedTraits();
    if (traits.xmlAttribute || traits.xmlFlattened) throw new Error(`${name}.${member} in XML`);
    if (traits.jsonName && traits.jsonName !== member) throw new Error(`${name}.${member} in JSON`);
    const query = queryName(facts, member, traits);
    const xml = memberSchema.getMemberTraits().xmlName ?? member;
    const ref = addShape(shapes, facts, memberSchema);
    members[member] = query === member && xml === member ? ref : [ref, query, xml];
  }
  // The schema lists required members first and says how many they are.
  const [, , , , memberNames, , requiredCount = 0] = schema.getSchema() as unknown as [
    number,
    string,
    string,
    unknown,
    string[],
    unknown[],
    number?,
  ];
  const required = memberNames.slice(0, requiredCount);
  shapes[name] = { members, ...(required.length > 0 ? { required } : {}) };
  return name;
}

function nameOf(schema: NormalizedSchema): string {
  // The name of the shape itself, not of the member through which it was reached.
  return (schema.getSchema() as unknown as [number, string, string])[2];
}

function queryName(
  { protocol }: Facts,
  member: string,
  traits: { ec2QueryName?: string; xmlName?: string },
): string {
  if (protocol !== 'ec2-query') return traits.xmlName ?? member;
  return traits.ec2QueryName ?? capital(traits.xmlName ?? member);
}

function put(shapes: Record<string, Shape>, name: string, shape: Shape): string {
  if (shapes[name] && JSON.stringify(shapes[name]) !== JSON.stringify(shape)) {
    throw new Error(`two shapes named ${name}`);
  }
  shapes[name] = shape;
  return name;
}
