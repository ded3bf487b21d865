/** Views that are loaded when they are opened. */
import type { ComponentType } from 'preact';
import { lazy } from 'preact/compat';
import type { Route } from '../route.ts';

export type View = ComponentType<{ route: Route }>;

/** What a module exports under a name, once somebody needs it. */
export const later = <Name extends string, Props = { route: Route }>(
  load: () => Promise<Record<Name, ComponentType<Props>>>,
  name: Name,
): ComponentType<Props> => lazy(async () => ({ default: (await load())[name] }));
