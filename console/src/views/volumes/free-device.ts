/** The first of the names that EC2 recommends for data whose place no other device has. */
const recommended = [...'fghijklmnop'].map((letter) => `/dev/sd${letter}`);

const placeOf = (name: string) => /^(?:\/dev\/)?(?:sd|xvd)([a-z]+)\d*$/.exec(name)?.[1] ?? name;

export function freeDevice(taken: readonly string[]): string {
  const places = new Set(taken.map(placeOf));
  return recommended.find((name) => !places.has(placeOf(name))) ?? '';
}
