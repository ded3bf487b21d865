/**
 * Paths of a rest-json service: which action a method and a path mean, and what stands at the
 * path's labels.
 */
import { ServiceError } from '../../api/service-error.ts';

export interface Route {
  action: string;
  /** Label -> what stands there, decoded. */
  labels: ReadonlyMap<string, string>;
}

interface Template {
  action: string;
  method: string;
  segments: readonly Segment[];
}

type Segment = { literal: string } | { label: string };

export class RestRoutes {
  readonly #templates: readonly Template[];

  /** Action -> `PUT /snapshots/{SnapshotId}/blocks/{BlockIndex}`. */
  constructor(routes: Readonly<Record<string, string>>) {
    this.#templates = Object.entries(routes)
      .map(([action, route]) => templateOf(action, route))
      // `/snapshots/completion/{SnapshotId}` before `/snapshots/{SnapshotId}/blocks`: what is
      // written out wins.
      .sort((a, b) => literals(b) - literals(a));
  }

  find({ method, path }: { method: string; path: string }): Route | undefined {
    const segments = segmentsOf(path);
    for (const template of this.#templates) {
      if (template.method !== method) continue;
      const labels = match(template.segments, segments);
      if (labels) return { action: template.action, labels };
    }
    return undefined;
  }
}

/** A slash at the end makes no difference: templates have one here and there. */
const segmentsOf = (path: string) => path.replace(/^\//, '').replace(/\/$/, '').split('/');
const literals = ({ segments }: Template) => segments.filter((each) => 'literal' in each).length;

function templateOf(action: string, route: string): Template {
  const [method = '', uri = ''] = route.split(' ');
  const segments = segmentsOf(uri).map((text): Segment => {
    const label = /^\{(\w+)\}$/.exec(text)?.[1];
    if (label === undefined && /[{}]/.test(text)) throw new Error(`${action} is at ${uri}`);
    return label === undefined ? { literal: text } : { label };
  });
  return { action, method, segments };
}

function match(
  template: readonly Segment[],
  segments: readonly string[],
): Map<string, string> | undefined {
  if (template.length !== segments.length) return undefined;
  const labels = new Map<string, string>();
  for (const [position, segment] of template.entries()) {
    const text = segments[position] ?? '';
    if ('label' in segment) {
      // What the signature's canonical path leaves out cannot stand for a value.
      if (text === '' || text === '.' || text === '..') return undefined;
      labels.set(segment.label, decoded(text));
    } else if (segment.literal !== text) return undefined;
  }
  return labels;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceError('MalformedQueryString', 'A percent-encoding in the path is broken.');
  }
}
