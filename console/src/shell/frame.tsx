/** Navigation beside the view; on a narrow screen above it. Views are loaded when they are opened. */
import { Suspense } from 'preact/compat';
import { useEffect, useState } from 'preact/hooks';
import { useSession } from '../api/session.tsx';
import { Empty } from '../parts/empty.tsx';
import { href, useRoute } from '../route.ts';
import { common } from '../text/common.ts';
import { shell } from '../text/shell.ts';
import { AccountMenu } from './account-menu.tsx';
import { Palette } from './palette.tsx';
import { type ViewName, views, viewsFor } from './views.ts';

export function Frame() {
  const route = useRoute();
  const { live, profile } = useSession();
  const [paletteIsOpen, setPaletteIsOpen] = useState(false);
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setPaletteIsOpen(true);
    };
    addEventListener('keydown', open);
    return () => removeEventListener('keydown', open);
  }, []);
  const [name = 'images'] = route.path;
  const View = views[name as ViewName];
  return (
    <div class="frame">
      <button type="button" class="skip" onClick={focusContent}>
        {shell.skip}
      </button>
      <header class="bar">
        <a class="brand" href={href(['images'])}>
          <img src="./mark.svg" alt="" width="24" height="24" /> {common.appName}
        </a>
        <button type="button" class="plain ask" onClick={() => setPaletteIsOpen(true)}>
          {shell.palette}
        </button>
        <span class={live ? 'live' : 'live off'} role="status">
          <span aria-hidden="true">●</span> {live ? shell.live : shell.offline}
        </span>
        <AccountMenu />
      </header>
      <nav class="views" aria-label={shell.navigation}>
        {viewsFor(profile.account.Operator).map((view) => (
          <a key={view} href={href([view])} aria-current={view === name ? 'page' : undefined}>
            {shell.views[view]}
          </a>
        ))}
      </nav>
      <main id="content" tabIndex={-1}>
        <Suspense fallback={<p class="loading">{common.loading}</p>}>
          {View ? <View route={route} /> : <NotFound />}
        </Suspense>
      </main>
      {paletteIsOpen && <Palette onClose={() => setPaletteIsOpen(false)} />}
    </div>
  );
}

/** No link, as the address is the route. */
function focusContent(): void {
  document.getElementById('content')?.focus();
}

function NotFound() {
  return (
    <Empty>
      <p>{common.notFound}</p>
      <a href={href(['images'])}>{common.toStart}</a>
    </Empty>
  );
}
