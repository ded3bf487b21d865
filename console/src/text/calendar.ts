/** The calendar of a year. */
export const calendarText = {
  keys: 'Arrow keys go from day to day and from week to week, Page Up and Page Down by months, Enter chooses.',
  today: 'today',
};
