// A small data set that is made, not downloaded: what travellers ask for.
import { Random } from '../../graph/random.js';
import type { Entity } from '../../nn/metrics/text/entities.js';
import type { TaggedSentence } from './sentences.js';

/** What the requests of a language are made of. */
interface Phrases {
  readonly cities: readonly string[];
  readonly days: readonly string[];
  readonly times: readonly string[];
  /** Sentences with the places of entities, their parts between spaces. */
  readonly frames: readonly string[];
  /** The tokens of a part of a sentence or of an entity. */
  readonly tokens: (part: string) => readonly string[];
}

/** English by words. */
const english: Phrases = {
  cities: [
    'Paris',
    'Rome',
    'Oslo',
    'Cairo',
    'Lima',
    'Tokyo',
    'New York',
    'Buenos Aires',
    'Hong Kong',
    'Cape Town',
    'Rio de Janeiro',
    'San Francisco',
  ],
  days: ['Monday', 'Tuesday', 'Friday', 'Sunday', 'next week', 'the first of May', 'tomorrow'],
  times: ['at noon', 'at eight', 'in the evening', 'before nine'],
  frames: [
    'please book a seat from {FROM} to {TO} on {DAY}',
    'I want to go to {TO} from {FROM} {TIME}',
    'is there a train to {TO} on {DAY} ?',
    'leaving {FROM} {TIME} , arriving in {TO} on {DAY}',
    'how long does it take to {TO} ?',
    'show me what leaves {FROM} on {DAY} {TIME}',
    'does the flight stop anywhere ?',
    'two tickets for {DAY} , {FROM} to {TO}',
  ],
  tokens: (part) => part.split(' '),
};

/** Chinese by characters. */
const chinese: Phrases = {
  cities: [
    '北京',
    '上海',
    '广州',
    '成都',
    '南京',
    '杭州',
    '西安',
    '哈尔滨',
    '石家庄',
    '乌鲁木齐',
    '呼和浩特',
    '香港',
  ],
  days: ['明天', '后天', '星期一', '周五', '下个星期', '五月一日', '国庆节'],
  times: ['上午九点', '中午', '晚上八点', '下午'],
  frames: [
    '请订一张 {DAY} 从 {FROM} 到 {TO} 的票',
    '我想 {TIME} 从 {FROM} 出发去 {TO}',
    '{DAY} 有没有去 {TO} 的火车？',
    '{DAY} {TIME} 离开 {FROM} ，要到 {TO}',
    '到 {TO} 要多长时间？',
    '看看 {DAY} {TIME} 从 {FROM} 开出的高铁',
    '这趟航班中途停吗？',
    '两张票， {DAY} ， {FROM} 到 {TO}',
  ],
  tokens: (part) => Array.from(part),
};

/** The data sets that are made here, by name. */
export const madeTrips = { trips: english, 'trips-zh': chinese } as const;

/**
 * Requests of travellers with entities of the types FROM, TO, DAY and TIME: where a city belongs is told by what stands around it.
 * The same seed gives the same requests.
 * @param name `trips` for English, whose tokens are words, `trips-zh` for Chinese, whose tokens are characters
 */
export function generateTrips(
  count: number,
  seed = 0,
  name: keyof typeof madeTrips = 'trips',
): TaggedSentence[] {
  const { cities, days, times, frames, tokens: tokensOf } = madeTrips[name];
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(seed, i);
    const tokens: string[] = [];
    const entities: Entity[] = [];
    for (const part of random.choice(frames).split(' ')) {
      const type = /^\{(.+)\}$/.exec(part)?.[1];
      const values = type === 'DAY' ? days : type === 'TIME' ? times : cities;
      const start = tokens.length;
      tokens.push(...tokensOf(type === undefined ? part : random.choice(values)));
      if (type !== undefined) entities.push({ type, start, end: tokens.length });
    }
    return { tokens, entities, file: name, line: i + 1 };
  });
}
