/** Inputs by paths of their members, and the members of an operation that may name something. */
import type { ServiceModel, Shape } from '../../api/model.ts';

/** An input with this value at the path; of lists on the way it is the one entry. */
export function inputWith(model: ServiceModel, action: string, path: string, value: string) {
  return at(model, model.operations[action]?.input ?? '', path.split('.'), value) as object;
}

function at(model: ServiceModel, ref: string, names: readonly string[], value: string): unknown {
  const shape = shapeOf(model, ref);
  if (shape && 'list' in shape) return [at(model, shape.list, names, value)];
  const [name, ...rest] = names;
  if (name === undefined) return value;
  return { [name]: at(model, memberOf(shape, name), rest, value) };
}

/** Entries of lists are merged in their order. */
export function merged(one: unknown, other: unknown): unknown {
  if (other === undefined) return one;
  if (Array.isArray(one) && Array.isArray(other)) {
    const longer = Math.max(one.length, other.length);
    return Array.from({ length: longer }, (_, index) => merged(one[index], other[index]));
  }
  if (!isStruct(one) || !isStruct(other)) return other;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, merged(one[name], other[name])]));
}

function isStruct(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const namingPattern = /(Ids?|Names?|Arns?)$|^(Resources|Account|SecurityGroups|Groups)$/;
/** What narrows lists, tags, names devices or zones, or says whom something is shared with. */
const neverNames = [
  /(^|\.)(Filters|Tags|TagSpecifications|LaunchPermission)(\.|$)/,
  /\.(DeviceName|VirtualName|UserId|PrefixListIds?)$/,
  /(^|\.)((AvailabilityZone|Zone)(Ids?|Names?)|RegionNames)$/,
  /^(UserIds|OwnerIds|RestorableByUserIds|SourceSecurityGroupOwnerId)$/,
  /^(OrganizationArns|OrganizationalUnitArns)$/,
];

/** Members that the operation acts on and whose names say that they name something. */
export function namingPaths(
  model: ServiceModel,
  action: string,
  accepts: readonly string[],
): string[] {
  const { input = '' } = model.operations[action] ?? {};
  const leaves = accepts.flatMap((path) => {
    let ref = input;
    for (const name of path.split('.')) ref = memberOf(elementOf(model, ref), name);
    return leavesOf(model, ref, path, []);
  });
  return leaves.filter(
    (path) =>
      namingPattern.test(path.split('.').at(-1) ?? '') &&
      !neverNames.some((pattern) => pattern.test(path)),
  );
}

function leavesOf(
  model: ServiceModel,
  ref: string,
  path: string,
  above: readonly string[],
): string[] {
  const shape = elementOf(model, ref);
  if (!shape || !('members' in shape) || above.includes(ref)) return [path];
  return Object.keys(shape.members).flatMap((name) =>
    leavesOf(model, memberOf(shape, name), `${path}.${name}`, [...above, ref]),
  );
}

function shapeOf(model: ServiceModel, ref: string): Shape | undefined {
  return model.shapes[ref];
}

/** What is in a list, or in a list of lists. */
function elementOf(model: ServiceModel, ref: string): Shape | undefined {
  const shape = shapeOf(model, ref);
  return shape && 'list' in shape ? elementOf(model, shape.list) : shape;
}

function memberOf(shape: Shape | undefined, name: string): string {
  const member = shape && 'members' in shape ? shape.members[name] : undefined;
  if (member === undefined) throw new Error(`there is no member ${name}`);
  return typeof member === 'string' ? member : member[0];
}
