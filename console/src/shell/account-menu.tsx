/** Who one is and where: account, region, theme, and the way out. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../api/session.tsx';
import { shell } from '../text/shell.ts';
import { applyTheme, chosenTheme, type Theme, themes } from './theme.ts';

export function AccountMenu() {
  const { profile, profiles, switchTo, switchRegion, signInToAnother, signOut } = useSession();
  const [theme, setTheme] = useState(chosenTheme);
  const menu = useClosingMenu();
  const choose = (next: Theme) => {
    applyTheme(next);
    setTheme(next);
  };
  return (
    <>
      <select
        class="region"
        aria-label={shell.region}
        value={profile.region}
        onChange={({ currentTarget }) => switchRegion(currentTarget.value)}
      >
        {profile.regions.map((region) => (
          <option key={region}>{region}</option>
        ))}
      </select>
      <details class="menu" ref={menu}>
        <summary aria-label={shell.accountNamed(profile.account.Name)}>
          {profile.account.Name}
        </summary>
        <div class="items">
          <p class="who">
            {profile.account.AccountId}
            {profile.account.Operator && ` · ${shell.operatorMark}`}
          </p>
          {profiles
            .filter((other) => other !== profile)
            .map((other) => (
              <button
                key={other.endpoint + other.account.AccountId}
                type="button"
                onClick={() => switchTo(other)}
              >
                {other.account.Name} · {other.account.AccountId}
              </button>
            ))}
          <button type="button" onClick={signInToAnother}>
            {shell.anotherAccount}
          </button>
          {themes.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === theme}
              onClick={() => choose(each)}
            >
              {shell.theme[each]}
            </button>
          ))}
          <button type="button" onClick={signOut}>
            {shell.signOut}
          </button>
        </div>
      </details>
    </>
  );
}

/** A click elsewhere or Escape closes it, as people expect of a menu. */
function useClosingMenu() {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      if (!menu.current?.open) return;
      const isEscape = event instanceof KeyboardEvent && event.key === 'Escape';
      const isOutside = event.type === 'click' && !menu.current.contains(event.target as Node);
      if (isEscape || isOutside) menu.current.open = false;
    };
    addEventListener('click', close);
    addEventListener('keydown', close);
    return () => {
      removeEventListener('click', close);
      removeEventListener('keydown', close);
    };
  }, []);
  return menu;
}
