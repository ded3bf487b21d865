/** Where a thing is shown, by the form of its id. */
const views: readonly [RegExp, string][] = [
  [/^ami-[0-9a-f]+$/, 'images'],
  [/^i-[0-9a-f]+$/, 'instances'],
  [/^vol-[0-9a-f]+$/, 'volumes'],
  [/^snap-[0-9a-f]+$/, 'snapshots'],
  [/^drill-[0-9a-f]+$/, 'drills'],
  [/^remote-[0-9a-f]+$/, 'remotes'],
  [/^lt-[0-9a-f]+$/, 'templates'],
  [/^(?:import|export)-[a-z0-9-]+$/, 'transfers'],
  [/^policy-[0-9a-f]+$/, 'policies'],
  [/^sg-[0-9a-f]+$/, 'network'],
  // A key of kms is named by its ARN, too.
  [/^(?:arn:[^:]+:kms:[^:]+:\d{12}:key\/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/, 'keys'],
];

export function pathOfId(id: string): string[] | undefined {
  for (const [form, view] of views) {
    const [whole, part = whole] = form.exec(id) ?? [];
    if (part !== undefined) return [view, part];
  }
  return undefined;
}
