/** Views that are loaded when they are opened. */
import type { ComponentType } from 'preact';
import { lazy } from 'preact/compat';
import type { Route } from '../route.ts';

export type View = ComponentType<{ route: Route }>;

/** What a module exports under a name, once somebody needs it. */
export const later = <Name extends string>(
  load: () => Promise<Record<Name, View>>,
  name: Name,
): View => lazy(async () => ({ default: (await load())[name] }));
