/** What a person calls a key, as kms names it. */
export function aliasOf(text: string): string {
  const name = text.trim();
  return name.startsWith('alias/') ? name : `alias/${name}`;
}
