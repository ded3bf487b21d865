/** Units of sizes. */
export const gibBytes = 1024 ** 3;
