// Named entities in tags, and how many of them were found.
import { type ClassScores, meanScores, type Scores, scoresOf } from '../scores.js';

/** A run of tokens with a type. */
export interface Entity {
  readonly type: string;
  /** Its first token. */
  readonly start: number;
  /** The token after its last. */
  readonly end: number;
}

/**
 * How entities are written as tags, one a token, O outside. 'BIO': B- at the first token of an entity, I- at the others. 'BIOES':
 * also E- at the last of several, and S- at one that is alone.
 */
export type TagScheme = 'BIO' | 'BIOES';

/** What entity scores say. */
export interface EntityReport {
  /** Of each type that occurs, by name. */
  readonly types: readonly ClassScores[];
  /** Of all entities together: what is usually reported. */
  readonly micro: Scores;
  /** The mean over the types; NaN where there are none. */
  readonly macro: Scores;
}

/**
 * The entities that tags of either scheme write.
 *
 * Tags that fit no entity before them open one, as in the conlleval script of CoNLL-2000 and in seqeval: an I- or E- after O, after
 * an entity that ended, or of another type.
 * @throws RangeError for a tag that is neither O nor begins with B-, I-, E- or S-
 */
export function entitiesOf(tags: readonly string[]): Entity[] {
  const entities: Entity[] = [];
  let open: { type: string; start: number } | undefined;
  const close = (end: number): void => {
    if (open) entities.push({ ...open, end });
    open = undefined;
  };
  for (const [position, tag] of tags.entries()) {
    const { mark, type } = readTag(tag);
    const goesOn = (mark === 'I' || mark === 'E') && open?.type === type;
    if (!goesOn) close(position);
    if (mark === 'O') continue;
    open ??= { type, start: position };
    if (mark === 'E' || mark === 'S') close(position + 1);
  }
  close(tags.length);
  return entities;
}

function readTag(tag: string): { mark: string; type: string } {
  const match = /^(?:(O)|([BIES])(?:-(.*))?)$/s.exec(tag);
  if (!match) {
    throw new RangeError(
      `The tag '${tag}' is none of BIO or BIOES; expected O, or B-, I-, E- or S- and a type, such as B-PER.`,
    );
  }
  return { mark: match[1] ?? match[2]!, type: match[3] || '_' };
}

/**
 * Tags for a sentence of `length` tokens with these entities.
 * @throws RangeError for an entity that is empty, reaches out of the sentence, or overlaps another
 */
export function tagsOf(entities: readonly Entity[], length: number, scheme: TagScheme = 'BIO'): string[] {
  const tags = new Array<string>(length).fill('O');
  for (const { type, start, end } of entities) {
    if (!(start >= 0 && start < end && end <= length) || tags.slice(start, end).some((tag) => tag !== 'O')) {
      throw new RangeError(
        `tagsOf: the entity ${type} at ${start} .. ${end} is empty, overlaps another, or reaches out of ${length} tokens.`,
      );
    }
    for (let position = start; position < end; position++) tags[position] = `I-${type}`;
    tags[start] = `B-${type}`;
    if (scheme === 'BIOES') tags[end - 1] = end - start === 1 ? `S-${type}` : `E-${type}`;
  }
  return tags;
}

/** The same entities in tags of another scheme: tags that break the rules come out mended. @throws RangeError as `entitiesOf` */
export function convertTags(tags: readonly string[], scheme: TagScheme): string[] {
  return tagsOf(entitiesOf(tags), tags.length, scheme);
}

/**
 * Precision, recall and F1 of entities: one counts as found where type, start and end are all right.
 * The numbers are those of conlleval and of seqeval in its default mode.
 * @param predicted [sentences][tokens]: tags in BIO or BIOES
 * @param actual [sentences][tokens]
 * @throws RangeError when the sentences differ in number or length, or for a tag of neither scheme
 */
export function entityScores(
  predicted: readonly (readonly string[])[],
  actual: readonly (readonly string[])[],
): EntityReport {
  const counts = new Map<string, { right: number; given: number; support: number }>();
  const countOf = (type: string) => {
    const count = counts.get(type) ?? { right: 0, given: 0, support: 0 };
    counts.set(type, count);
    return count;
  };
  if (predicted.length !== actual.length) {
    throw new RangeError(
      `entityScores: there are ${predicted.length} predicted sentences and ${actual.length} actual ones; expected as many.`,
    );
  }
  for (const [sentence, tags] of actual.entries()) {
    const guess = predicted[sentence]!;
    if (guess.length !== tags.length) {
      throw new RangeError(
        `entityScores: sentence ${sentence} has ${guess.length} predicted tags and ${tags.length} actual ones; expected as many.`,
      );
    }
    const keyOf = ({ type, start, end }: Entity): string => `${start} ${end} ${type}`;
    const truth = entitiesOf(tags);
    const known = new Set(truth.map(keyOf));
    for (const { type } of truth) countOf(type).support++;
    for (const entity of entitiesOf(guess)) {
      const count = countOf(entity.type);
      count.given++;
      if (known.has(keyOf(entity))) count.right++;
    }
  }
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const types = sorted.map(([name, count]) => ({ name, ...scoresOf(count) }));
  const sum = (what: 'right' | 'given' | 'support'): number =>
    sorted.reduce((total, [, count]) => total + count[what], 0);
  return {
    types,
    micro: scoresOf({ right: sum('right'), given: sum('given'), support: sum('support') }),
    macro: meanScores(
      types,
      types.map(() => 1),
    ),
  };
}
