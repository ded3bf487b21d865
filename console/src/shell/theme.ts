/** Light, dark, or as the system has it. The choice is the browser's to keep: it is no secret. */
export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const storageName = 'imago.theme';

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(storageName);
  return themes.find((theme) => theme === kept) ?? 'auto';
}

export function applyTheme(theme = chosenTheme()): void {
  localStorage.setItem(storageName, theme);
  document.documentElement.dataset.theme = theme;
}
