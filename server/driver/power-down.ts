/** How long a guest is given to shut itself down, by whoever presses its power button. */

/** Then it is cut off; EC2 gives it a few minutes. */
export const powerDownGraceMs = 120_000;
/** A guest that is still booting does not hear the power button yet. */
export const powerButtonAgainMs = 10_000;
