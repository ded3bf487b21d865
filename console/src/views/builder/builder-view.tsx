/** Images from recipes: builds (`#/builder/build/arn:…` is one), pipelines, recipes, components. */
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import type { Route } from '../../route.ts';
import { builderText as text } from '../../text/builder.ts';
import { BuildView } from './build-view.tsx';
import { Builds } from './builds.tsx';
import { Pipelines } from './pipelines.tsx';
import { Components, Recipes } from './recipes.tsx';

const parts = { builds: Builds, pipelines: Pipelines, recipes: Recipes, components: Components };
const names = Object.keys(parts) as (keyof typeof parts)[];

export function BuilderView({ route }: { route: Route }) {
  const [, part, arn] = route.path;
  if (arn && part === 'build') return <BuildView arn={arn} />;
  const current = currentTab(route, names);
  const Part = parts[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <Tabs text={text} path={['builder']} names={names} current={current} />
      <Part />
    </>
  );
}
