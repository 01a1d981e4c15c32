/** How much is looked at more closely than line by line from one end to the other. */

/** Lines of the three texts of a chunk together; beyond, only whole sides and what takes one look at each line. */
export const MAX_LINES = 3_000
/** Characters of the three texts together that are compared word by word, or read as imports. */
export const MAX_WORDS_TEXT = 24_000
