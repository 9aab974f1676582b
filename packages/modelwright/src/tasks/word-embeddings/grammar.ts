import { Random } from '../../graph/random.js';

/** Words in pairs that differ in one thing alone, each with two words that go with both of the pair. */
interface Pair {
  readonly pair: readonly [string, string];
  readonly company: readonly [string, string];
}

const people: readonly Pair[] = [
  { pair: ['king', 'queen'], company: ['crown', 'throne'] },
  { pair: ['prince', 'princess'], company: ['jewel', 'tower'] },
  { pair: ['father', 'mother'], company: ['baby', 'cradle'] },
  { pair: ['uncle', 'aunt'], company: ['nephew', 'present'] },
  { pair: ['boy', 'girl'], company: ['toy', 'kite'] },
  { pair: ['actor', 'actress'], company: ['stage', 'mask'] },
  { pair: ['waiter', 'waitress'], company: ['tray', 'menu'] },
  { pair: ['hero', 'heroine'], company: ['sword', 'shield'] },
];

const motions: readonly Pair[] = [
  { pair: ['walk', 'walked'], company: ['slowly', 'barefoot'] },
  { pair: ['jump', 'jumped'], company: ['high', 'over'] },
  { pair: ['climb', 'climbed'], company: ['up', 'steeply'] },
  { pair: ['travel', 'travelled'], company: ['far', 'abroad'] },
  { pair: ['march', 'marched'], company: ['straight', 'loudly'] },
  { pair: ['sail', 'sailed'], company: ['across', 'windward'] },
  { pair: ['crawl', 'crawled'], company: ['under', 'low'] },
  { pair: ['hurry', 'hurried'], company: ['fast', 'late'] },
];

const words = {
  animal: ['dog', 'cat', 'horse', 'cow', 'sheep', 'goat', 'pig', 'duck', 'hen', 'fox', 'rabbit', 'bear'],
  food: [
    'bread',
    'cheese',
    'apple',
    'soup',
    'rice',
    'cake',
    'honey',
    'carrot',
    'potato',
    'bean',
    'egg',
    'pear',
  ],
  colour: ['red', 'blue', 'green', 'yellow', 'white', 'black', 'brown', 'purple', 'grey', 'pink'],
  place: ['park', 'market', 'school', 'river', 'forest', 'village', 'harbour', 'garden', 'bridge', 'castle'],
  tool: ['hammer', 'saw', 'knife', 'spade', 'brush', 'needle', 'axe', 'rope', 'ladder', 'drill'],
  number: ['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'twelve'],
};

/** The classes of words whose neighbours ought to be of the same class. */
export const grammarClasses: Readonly<Record<string, readonly string[]>> = {
  ...words,
  person: people.flatMap(({ pair }) => pair),
  motion: motions.flatMap(({ pair }) => pair),
};

/** Questions "a is to b as c is to d", by what the words differ in. */
export const grammarAnalogies: Readonly<
  Record<string, readonly (readonly [string, string, string, string])[]>
> = {
  gender: questionsOf(people),
  tense: questionsOf(motions),
};

/** Every two pairs, each asked about with the other. */
function questionsOf(list: readonly Pair[]): [string, string, string, string][] {
  return list.flatMap((one) =>
    list
      .filter((other) => other !== one)
      .map((other): [string, string, string, string] => [...one.pair, ...other.pair]),
  );
}

/**
 * Sentences of a small invented language made of English words, of which it is known what class each word is in: animals, foods, colours and
 * so on. Words of a class are used alike; pairs such as king and queen share their company and differ in `he` and `she`.
 * @param count how many sentences
 */
export function grammarSentences(count: number, seed = 0): string[][] {
  return Array.from({ length: count }, (_, index) => sentence(new Random(seed, index)));
}

function sentence(random: Random): string[] {
  const one = (name: keyof typeof words): string => random.choice(words[name]);
  const female = random.integer(0, 2);
  const past = random.integer(0, 2);
  const someone = random.choice(people);
  const motion = random.choice(motions);
  const person = someone.pair[female]!;
  const [he, his] = female ? ['she', 'her'] : ['he', 'his'];
  const when = past ? random.choice(['yesterday', 'once']) : random.choice(['today', 'now']);
  const templates: (() => string[])[] = [
    () => ['the', person, 'has', his, random.choice(someone.company), 'and', he, 'smiles'],
    () => ['the', person, 'tells', 'us', his, 'story', 'and', he, 'laughs'],
    () => [when, 'we', motion.pair[past]!, 'there', random.choice(motion.company)],
    () => ['they', motion.pair[past]!, 'home', 'to', 'the', one('place'), when],
    () => ['the', one('colour'), one('animal'), 'eats', one('food')],
    () => ['every', one('animal'), 'sleeps', 'near', 'the', one('place')],
    () => ['cook', one('number'), 'plates', 'with', one('food'), 'for', 'dinner'],
    () => ['buy', one('number'), 'pieces', 'of', one('colour'), 'cloth'],
    () => ['mend', 'it', 'with', 'a', one('tool'), 'at', 'the', one('place')],
    () => ['my', 'old', one('tool'), 'broke', 'into', one('number'), 'parts'],
  ];
  return random.choice(templates)();
}
