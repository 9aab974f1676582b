// What taggers take entities for.
import type { Entity } from './entities.js';

/** What became of the entities of one type. */
export interface EntityOutcomes {
  /** How many were found with the same first and last token, by the type that was predicted: the right one, or another. */
  readonly asType: Readonly<Record<string, number>>;
  /** How many overlap something predicted whose first or last token is another. */
  readonly otherBounds: number;
  /** How many overlap nothing that was predicted. */
  readonly missed: number;
}

/** What became of the entities of each type, and what was found where there is none. */
export interface EntityConfusions {
  readonly types: Readonly<Record<string, EntityOutcomes>>;
  /** How many predicted entities overlap no actual one, by their type. */
  readonly invented: Readonly<Record<string, number>>;
}

const overlap = (a: Entity, b: Entity): boolean => a.start < b.end && b.start < a.end;
const same = (a: Entity, b: Entity): boolean => a.start === b.start && a.end === b.end;

/**
 * What predicted entities take the actual ones for.
 * @param predicted [sentences]: the entities that were predicted
 * @param actual [sentences]
 * @throws RangeError when the sentences differ in number
 */
export function entityConfusions(
  predicted: readonly (readonly Entity[])[],
  actual: readonly (readonly Entity[])[],
): EntityConfusions {
  if (predicted.length !== actual.length) {
    throw new RangeError(
      `entityConfusions: there are ${predicted.length} predicted sentences and ${actual.length} actual ones; expected as many.`,
    );
  }
  const types: Record<string, { asType: Record<string, number>; otherBounds: number; missed: number }> = {};
  const invented: Record<string, number> = {};
  for (const [sentence, entities] of actual.entries()) {
    const guesses = predicted[sentence]!;
    for (const entity of entities) {
      types[entity.type] ??= { asType: {}, otherBounds: 0, missed: 0 };
      const outcomes = types[entity.type]!;
      const found = guesses.find((guess) => same(guess, entity));
      if (found) outcomes.asType[found.type] = (outcomes.asType[found.type] ?? 0) + 1;
      else if (guesses.some((guess) => overlap(guess, entity))) outcomes.otherBounds++;
      else outcomes.missed++;
    }
    for (const guess of guesses) {
      if (!entities.some((entity) => overlap(guess, entity)))
        invented[guess.type] = (invented[guess.type] ?? 0) + 1;
    }
  }
  return { types, invented };
}
