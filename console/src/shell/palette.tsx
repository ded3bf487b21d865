/** Ctrl-K: a view by its name, or any thing by its id. */
import { useState } from 'preact/hooks';
import { useSession } from '../api/session.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { go, href } from '../route.ts';
import { shell } from '../text/shell.ts';
import { pathOfId } from './places.ts';
import { viewsFor } from './views.ts';

interface Place {
  title: string;
  to: string;
}

export function Palette({ onClose }: { onClose(): void }) {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const { profile } = useSession();
  const places = placesFor(text.trim(), profile.account.Operator);
  const open = (place: Place | undefined) => {
    if (!place) return;
    onClose();
    go(place.to);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') open(places[chosen]);
    if (step === undefined || places.length === 0) return;
    event.preventDefault();
    setChosen((now) => (now + step + places.length) % places.length);
  };
  return (
    <Dialog title={shell.palette} onClose={onClose}>
      <input
        role="combobox"
        aria-label={shell.palettePlaceholder}
        aria-expanded="true"
        aria-controls="palette-places"
        aria-activedescendant={places[chosen] && `palette-${chosen}`}
        placeholder={shell.palettePlaceholder}
        value={text}
        onKeyDown={onKey}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          setChosen(0);
        }}
      />
      <div id="palette-places" class="places" role="listbox" aria-label={shell.palette}>
        {places.map((place, index) => (
          <div
            key={place.to}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onClick={() => open(place)}
            onKeyDown={onKey}
          >
            {place.title}
          </div>
        ))}
      </div>
      {places.length === 0 && <p class="hint">{shell.paletteEmpty}</p>}
    </Dialog>
  );
}

function placesFor(text: string, isOperator: boolean): Place[] {
  const path = pathOfId(text);
  const byId = path ? [{ title: text, to: href(path) }] : [];
  const views = viewsFor(isOperator)
    .map((view) => ({ title: shell.views[view], to: href([view]) }))
    .filter(({ title }) => title.toLowerCase().includes(text.toLowerCase()));
  const search = text && !path ? [searchOf(text)] : [];
  return [...byId, ...views, ...search];
}

const searchOf = (text: string): Place => ({
  title: `${shell.views.images}: “${text}”`,
  to: href(['images'], { q: text }),
});
