/** Units of sizes. */
export const mibBytes = 1024 ** 2;
export const gibBytes = 1024 ** 3;
