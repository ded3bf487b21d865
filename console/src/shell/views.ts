/**
 * The views, by the first part of their address, in the order of the navigation. Each is loaded
 * when it is opened, but for the one that most people come for.
 */
import type { ComponentType } from 'preact';
import { lazy } from 'preact/compat';
import type { Route } from '../route.ts';
import { ImagesView } from '../views/images/images-view.tsx';

export type View = ComponentType<{ route: Route }>;

export const views = {
  images: ImagesView,
} satisfies Record<string, View>;

export type ViewName = keyof typeof views;

export function viewsFor(isOperator: boolean): ViewName[] {
  const names = Object.keys(views) as ViewName[];
  return names.filter((name) => (name as string) !== 'operator' || isOperator);
}

/** What a module exports under a name, once somebody needs it. */
export const later = <Name extends string>(
  load: () => Promise<Record<Name, View>>,
  name: Name,
): View => lazy(async () => ({ default: (await load())[name] }));
