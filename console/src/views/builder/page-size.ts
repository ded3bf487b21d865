/** Image Builder answers no more at once. */
export const pageSize = 25;
