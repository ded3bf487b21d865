/**
 * User ids for the machines of guests, one each: from systemd's unused range, so that nothing else
 * owns files with them.
 */
export const guestUsers = { first: 1_900_010_000, count: 65_536 };
