// A small parallel language that is made, not downloaded: dates and numbers in English and in Chinese.
import type { TextPair } from '../../data/text/index.js';
import { Random } from '../../graph/random.js';

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const ones = ['', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const teens = [
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
];
const tens = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const digits = '零一二三四五六七八九';
const dayNames = '一二三四五六日';

/**
 * Dates and numbers in English and Chinese, such as 'Sunday, 3 May 1987' and '1987年5月3日星期日', or 'the 2nd of June' and '6月2日', or
 * 'three hundred and five' and '三百零五': words change their order, and some have no counterpart. The same seed gives the same pairs.
 */
export function generateDates(count: number, seed = 0): TextPair[] {
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(seed, i);
    const pair = random.integer(0, 4) === 0 ? numberPair(random.integer(1, 1000)) : datePair(random);
    return { ...pair, line: i + 1 };
  });
}

type Pair = Pick<TextPair, 'source' | 'target'>;

function datePair(random: Random): Pair {
  const month = random.integer(0, 12);
  const day = random.integer(1, 29);
  const year = random.integer(1980, 2030);
  const weekday = random.integer(0, 7);
  const name = months[month]!;
  const chinese = `${month + 1}月${day}日`;
  switch (random.integer(0, 4)) {
    case 0:
      return { source: `${name} ${day}, ${year}`, target: `${year}年${chinese}` };
    case 1:
      return { source: `the ${ordinal(day)} of ${name}`, target: chinese };
    case 2:
      return {
        source: `${weekdays[weekday]}, ${day} ${name} ${year}`,
        target: `${year}年${chinese}星期${dayNames[weekday]}`,
      };
    default:
      return {
        source: `on ${weekdays[weekday]} in ${name}`,
        target: `${month + 1}月的星期${dayNames[weekday]}`,
      };
  }
}

function ordinal(day: number): string {
  const ending = Math.floor(day / 10) === 1 ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th');
  return `${day}${ending}`;
}

/** A number below a thousand in words. */
export function numberPair(value: number): Pair {
  return { source: englishNumber(value), target: chineseNumber(value) };
}

function englishNumber(value: number): string {
  const [hundreds, rest] = [Math.floor(value / 100), value % 100];
  const small =
    rest < 10
      ? ones[rest]!
      : rest < 20
        ? teens[rest - 10]!
        : [tens[Math.floor(rest / 10)]!, ones[rest % 10]!].filter((word) => word !== '').join('-');
  const parts = [hundreds > 0 ? `${ones[hundreds]} hundred` : '', small];
  return parts.filter((part) => part !== '').join(' and ');
}

function chineseNumber(value: number): string {
  const [hundreds, ten, one] = [Math.floor(value / 100), Math.floor(value / 10) % 10, value % 10];
  const last = one > 0 ? digits[one]! : '';
  const middle = ten > 0 ? `${value < 20 ? '' : digits[ten]}十` : hundreds > 0 && one > 0 ? '零' : '';
  return `${hundreds > 0 ? `${digits[hundreds]}百` : ''}${middle}${last}`;
}
