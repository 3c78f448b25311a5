/** The frontend's version: in the page's `<meta name="release">` and in its footer. */
export const release = '1.0.0';
