/** Names of regions, which the operator chooses (site.ts), and of a region's zones. */

const nameMaxChars = 40;

/** EC2's form or a simpler one: it is a part of signatures, host names and ARNs. */
export function isRegionName(text: string): boolean {
  return /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text) && text.length <= nameMaxChars;
}

/** EC2's region with the most has as many. */
export const zonesMax = 6;

const zoneLetters = 'abcdef';

export function zoneName(region: string, index: number): string {
  return `${region}${zoneLetters[index]}`;
}

/** From 0; that of a region's first zone. */
export function zoneIndex(zone: string): number {
  return zoneLetters.indexOf(zone.slice(-1));
}

/**
 * In EC2's form (`use1-az1`) where the region's name has the form of EC2's; the same for every
 * account.
 */
export function zoneIdOf(zone: string): string {
  const region = zone.slice(0, -1);
  const suffix = `az${zoneIndex(zone) + 1}`;
  const parts = /^([a-z]{2})-(?:([a-z])[a-z]*-)?([a-z]+)-(\d+)$/.exec(region);
  if (!parts) return `${region}-${suffix}`;
  const [, area, partition = '', direction = '', number] = parts;
  // `ap-southeast-1` is apse1, `ca-central-1` cac1, `us-gov-west-1` usgw1.
  const letters = direction.match(/north|south|east|west|central/g) ?? [direction];
  return `${area}${partition}${letters.map((each) => each.slice(0, 1)).join('')}${number}-${suffix}`;
}
