/** Places for the lineage's things, from left to right, and the lines between them. */
import dagre from '@dagrejs/dagre';
import type { Lineage, Relation, Relative } from './lineage-of.ts';

export const nodeWidth = 270;
export const nodeHeight = 48;

interface Point {
  x: number;
  y: number;
}

export interface Drawing {
  width: number;
  height: number;
  nodes: { relative: Relative; x: number; y: number }[];
  edges: (Relation & { path: string; middle: Point })[];
}

export function placed({ relatives, relations }: Lineage): Drawing {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 16, ranksep: 90, marginx: 8, marginy: 8 });
  for (const { id } of relatives) graph.setNode(id, { width: nodeWidth, height: nodeHeight });
  for (const { from, to } of relations) graph.setEdge(from, to, {});
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: relatives.map((relative) => {
      const { x, y } = graph.node(relative.id);
      return { relative, x: x - nodeWidth / 2, y: y - nodeHeight / 2 };
    }),
    edges: relations.map((relation) => {
      const { points = [] } = graph.edge(relation.from, relation.to);
      const middle = points[Math.floor(points.length / 2)] as Point;
      return { ...relation, path: pathThrough(points), middle: { x: middle.x, y: middle.y - 5 } };
    }),
  };
}

const pathThrough = (points: readonly Point[]) =>
  points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(' ');
