// Which of a model's variables are meant, by their names.

/**
 * Names of variables: one name or several, where `*` stands for anything (`layer1.*`) and a name stands for everything within it
 * too (`0` for `0.weight`), or a regular expression.
 */
export type NamePattern = string | RegExp | readonly (string | RegExp)[];

/** Whether a name is meant by a pattern. */
export function nameMatcher(pattern: NamePattern): (name: string) => boolean {
  const list = Array.isArray(pattern)
    ? (pattern as readonly (string | RegExp)[])
    : [pattern as string | RegExp];
  const tests = list.map((each) => (typeof each === 'string' ? globTest(each) : each));
  return (name) => tests.some((test) => name.search(test) >= 0);
}

function globTest(glob: string): RegExp {
  const literal = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}(\\..*)?$`, 's');
}
