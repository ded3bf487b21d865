/** Where a thing is shown, by the form of its id. */
const views: readonly [RegExp, string][] = [
  [/^ami-[0-9a-f]+$/, 'images'],
  [/^i-[0-9a-f]+$/, 'instances'],
  [/^vol-[0-9a-f]+$/, 'volumes'],
  [/^snap-[0-9a-f]+$/, 'snapshots'],
  [/^lt-[0-9a-f]+$/, 'templates'],
  [/^sg-[0-9a-f]+$/, 'network'],
];

export function pathOfId(id: string): string[] | undefined {
  const view = views.find(([form]) => form.test(id));
  return view ? [view[1], id] : undefined;
}
