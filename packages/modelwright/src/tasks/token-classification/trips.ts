// A small data set that is made, not downloaded: what travellers ask for.
import { Random } from '../../graph/random.js';
import type { Entity } from '../../nn/metrics/text/entities.js';
import type { TaggedSentence } from './sentences.js';

const cities = [
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
];
const days = ['Monday', 'Tuesday', 'Friday', 'Sunday', 'next week', 'the first of May', 'tomorrow'];
const times = ['at noon', 'at eight', 'in the evening', 'before nine'];
const frames = [
  'please book a seat from {FROM} to {TO} on {DAY}',
  'I want to go to {TO} from {FROM} {TIME}',
  'is there a train to {TO} on {DAY} ?',
  'leaving {FROM} {TIME} , arriving in {TO} on {DAY}',
  'how long does it take to {TO} ?',
  'show me what leaves {FROM} on {DAY} {TIME}',
  'does the flight stop anywhere ?',
  'two tickets for {DAY} , {FROM} to {TO}',
];

/**
 * Requests of travellers with entities of the types FROM, TO, DAY and TIME: where a city belongs is told by the words around it.
 * The same seed gives the same requests.
 */
export function generateTrips(count: number, seed = 0): TaggedSentence[] {
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(seed, i);
    const tokens: string[] = [];
    const entities: Entity[] = [];
    for (const word of random.choice(frames).split(' ')) {
      const type = /^\{(.+)\}$/.exec(word)?.[1];
      const values = type === 'DAY' ? days : type === 'TIME' ? times : cities;
      const start = tokens.length;
      tokens.push(...(type === undefined ? word : random.choice(values)).split(' '));
      if (type !== undefined) entities.push({ type, start, end: tokens.length });
    }
    return { tokens, entities, file: 'trips', line: i + 1 };
  });
}
