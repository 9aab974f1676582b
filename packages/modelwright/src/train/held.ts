// Variables that a training holds as they are: frozen parameters, and the running statistics that belong to them. They are constants
// of the training's graphs, so no gradient is computed for them, and none through what depends on them alone.
import type { NdArray } from '../graph/array.js';
import { entries } from '../graph/tree.js';
import type { ArrayTree, Variables } from '../nn/context.js';
import { type NamePattern, nameMatcher } from '../nn/names.js';

/** Names of what is held. */
export interface HeldNames {
  readonly parameters: ReadonlySet<string>;
  readonly state: ReadonlySet<string>;
}

export const nothingHeld: HeldNames = { parameters: new Set(), state: new Set() };

const names = (tree: ArrayTree): string[] => entries<NdArray>(tree).map(([name]) => name);

/** The layer that a variable belongs to. */
const ownerOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')));

/** What is held when these parameters are: state goes with the parameters beside it. */
function heldOf({ parameters, state }: Variables, isHeld: (name: string) => boolean): HeldNames {
  const held = names(parameters).filter(isHeld);
  const [owners, trained] = [
    new Set(held.map(ownerOf)),
    new Set(
      names(parameters)
        .filter((name) => !isHeld(name))
        .map(ownerOf),
    ),
  ];
  const resting = names(state).filter((name) => owners.has(ownerOf(name)) && !trained.has(ownerOf(name)));
  return { parameters: new Set(held), state: new Set(resting) };
}

/** Parameters that a training begins to change after some epochs. */
export interface Unfreezing {
  /** How many epochs are over by then. */
  readonly after: number;
  /** Which of the frozen parameters. */
  readonly names: NamePattern;
}

export interface FreezeOptions {
  readonly freeze?: NamePattern | undefined;
  readonly unfreeze?: readonly Unfreezing[] | undefined;
}

/**
 * What is held when so many epochs are over.
 * @throws RangeError when a pattern fits no parameter, or everything is frozen
 */
export function heldAfter(
  variables: Variables,
  { freeze, unfreeze = [] }: FreezeOptions,
  epochs: number,
): HeldNames {
  if (freeze === undefined) return nothingHeld;
  const all = names(variables.parameters);
  const test = (pattern: NamePattern, option: string): ((name: string) => boolean) => {
    const matches = nameMatcher(pattern);
    if (!all.some(matches)) {
      throw new RangeError(
        `fit: ${option} '${String(pattern)}' fits no parameter. There are ${all.slice(0, 8).join(', ')}${all.length > 8 ? ', ...' : ''}.`,
      );
    }
    return matches;
  };
  const frozen = test(freeze, 'freeze');
  const freed = unfreeze
    .map(({ after, names: pattern }) => ({ after, matches: test(pattern, 'unfreeze') }))
    .filter(({ after }) => after <= epochs)
    .map(({ matches }) => matches);
  const held = heldOf(variables, (name) => frozen(name) && !freed.some((matches) => matches(name)));
  if (held.parameters.size === all.length) {
    throw new RangeError(`fit: freeze '${String(freeze)}' leaves no parameter to train.`);
  }
  return held;
}

/** Whether two lists of held names are the same. */
export const sameHeld = (a: HeldNames, b: HeldNames): boolean =>
  a.parameters.size === b.parameters.size && [...a.parameters].every((name) => b.parameters.has(name));
