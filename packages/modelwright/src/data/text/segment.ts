/** The characters of a text, as Unicode code points. */
export function characters(text: string): string[] {
  return Array.from(text);
}

const segmenters = new Map<string, Intl.Segmenter>();

function segmentsOf(text: string, locale: string): Intl.Segments {
  let segmenter = segmenters.get(locale);
  if (!segmenter) {
    segmenter = new Intl.Segmenter(locale, { granularity: 'word' });
    segmenters.set(locale, segmenter);
  }
  return segmenter.segment(text);
}

/**
 * The words of a text by the rules of Unicode and its language's dictionary, punctuation marks each by themselves, white space
 * left out: 我爱北京 becomes 我, 爱, 北京. The dictionary is that of the JavaScript engine (ICU).
 * @param locale a BCP 47 tag such as 'zh'; Chinese is segmented whatever it is
 */
export function words(text: string, locale = 'en'): string[] {
  const found: string[] = [];
  for (const { segment } of segmentsOf(text, locale)) if (segment.trim() !== '') found.push(segment);
  return found;
}

/**
 * Where the words of a text begin, and any white space between them, in UTF-16 code units: 我爱北京 gives 0, 1, 2.
 * @param locale as for `words`
 */
export function wordStarts(text: string, locale = 'en'): number[] {
  return Array.from(segmentsOf(text, locale), ({ index }) => index);
}
