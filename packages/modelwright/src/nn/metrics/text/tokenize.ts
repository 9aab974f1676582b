// How translations are cut into tokens before BLEU is counted, so that numbers can be compared with those of others.

/**
 * '13a': as WMT's mteval-v13a does, for languages with spaces. 'zh': Chinese characters and punctuation stand alone, the rest as
 * 13a. 'char': every character stands alone. 'none': at white space only, for text that is tokenised already.
 */
export type BleuTokenization = '13a' | 'zh' | 'char' | 'none';

/** The tokens of a line, as sacreBLEU's tokenisers give them. @throws RangeError for a tokenisation there is none of */
export function bleuTokens(line: string, tokenization: BleuTokenization): string[] {
  switch (tokenization) {
    case '13a':
      return words(punctuated(` ${unescaped(line.trimEnd())} `));
    case 'zh':
      return words(
        punctuated(Array.from(line.trim(), (char) => (isChinese(char) ? ` ${char} ` : char)).join('')),
      );
    case 'char':
      return words(Array.from(line).join(' '));
    case 'none':
      return words(line);
    default:
      throw new RangeError(
        `bleu: there is no tokenisation '${String(tokenization)}'; use '13a', 'zh', 'char' or 'none'.`,
      );
  }
}

/** What stands between white space. */
export function words(line: string): string[] {
  return line.split(/\p{White_Space}+/u).filter((word) => word !== '');
}

function unescaped(line: string): string {
  return line
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
}

/** Spaces around punctuation; full stops, commas and dashes within numbers stay. */
function punctuated(line: string): string {
  return line
    .replace(/([{-~[-` -&(-+:-@/])/gu, ' $1 ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])(-)/gu, '$1 $2 ');
}

/**
 * The code points that sacreBLEU takes for Chinese. Those from 2001 to 2a6d (general punctuation, letter-like signs, arrows,
 * mathematics ..) are among them because it writes extension B, 20000 to 2a6d6, with too few digits, and scores have to agree.
 * For the same reason ideographs beyond the basic plane are not.
 */
const chinese: readonly (readonly [number, number])[] = [
  [0x2001, 0x2a6d],
  [0x2e80, 0x2fdf],
  [0x2ff0, 0x303f],
  [0x3100, 0x312f],
  [0x31a0, 0x31ef],
  [0x3200, 0x4db5],
  [0x4e00, 0x9fbb],
  [0xf900, 0xfa2d],
  [0xfa30, 0xfa6a],
  [0xfa70, 0xfad9],
  [0xfe10, 0xfe1f],
  [0xfe30, 0xfe4f],
  [0xff00, 0xffef],
];

function isChinese(char: string): boolean {
  const code = char.codePointAt(0)!;
  return chinese.some(([first, last]) => code >= first && code <= last);
}
