// Which of a model's variables are meant, by their names.

/**
 * Names of variables: one name or several, where `*` stands for anything (`layer1.*`), a name stands for everything within it too (`0`
 * for `0.weight`), and `!` in front takes names out again (`['*', '!head']`); or regular expressions.
 */
export type NamePattern = string | RegExp | readonly (string | RegExp)[];

/** Whether a name is meant by a pattern. */
export function nameMatcher(pattern: NamePattern): (name: string) => boolean {
  const list = Array.isArray(pattern)
    ? (pattern as readonly (string | RegExp)[])
    : [pattern as string | RegExp];
  const isOut = (each: string | RegExp): boolean => typeof each === 'string' && each.startsWith('!');
  const wanted = list.filter((each) => !isOut(each)).map(test);
  const out = list.filter(isOut).map((each) => test(String(each).slice(1)));
  const fits = (tests: readonly RegExp[], name: string): boolean =>
    tests.some((each) => name.search(each) >= 0);
  return (name) => fits(wanted, name) && !fits(out, name);
}

function test(pattern: string | RegExp): RegExp {
  if (typeof pattern !== 'string') return pattern;
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}(\\..*)?$`, 's');
}
