/**
 * A moment as people say it: a date, with a time and a zone where they like. Without a zone it is of
 * the zone that this machine is in, a date alone is its beginning. Whatever else JavaScript would
 * take for a date is none here: `5` is no day of 2001, and there is no 30th of February.
 */
const form =
  /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(?::(\d{2})([.,]\d{1,9})?)?(?: ?([Zz]|[+-]\d{2}:?\d{2}))?)?$/;

export function momentIn(text: string): Date | undefined {
  const parts = form.exec(text.trim());
  if (!parts) return undefined;
  const [, day = '', minute = '00:00', second = '00', fraction = '', zone = ''] = parts;
  const plain = `${day}T${minute}:${second}`;
  // What the calendar and the clock do not have comes back as something else.
  const asUtc = new Date(`${plain}Z`);
  if (Number.isNaN(asUtc.getTime()) || !asUtc.toISOString().startsWith(plain)) return undefined;
  const withColon = zone.toUpperCase().replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
  const moment = new Date(`${plain}${fraction.replace(',', '.')}${withColon}`);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

/** With its zone, so that it can be given back as it is. */
export function secondOf(date: Date | string): string {
  return `${new Date(date).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

export function minuteOf(date: Date | string): string {
  return `${new Date(date).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}
