/** What differs between the data of two versions, member by member. */
export interface Difference {
  /** Such as `BlockDeviceMappings[0].Ebs.VolumeSize`. */
  path: string;
  /** Absent where that version says nothing of it. */
  before?: string;
  after?: string;
}

export function differences(before: unknown, after: unknown): Difference[] {
  const [old, next] = [leavesOf(before), leavesOf(after)];
  const paths = [...new Set([...old.keys(), ...next.keys()])].sort();
  return paths
    .map((path) => ({ path, before: old.get(path), after: next.get(path) }))
    .filter((each) => each.before !== each.after);
}

function leavesOf(value: unknown, path = '', leaves = new Map<string, string>()) {
  if (value === undefined || value === null) return leaves;
  if (typeof value !== 'object') return leaves.set(path, String(value));
  for (const [name, member] of Object.entries(value)) {
    if (Array.isArray(value)) leavesOf(member, `${path}[${name}]`, leaves);
    else leavesOf(member, path ? `${path}.${name}` : name, leaves);
  }
  return leaves;
}
