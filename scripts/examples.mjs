// Finds the examples in a page of Markdown: fenced blocks of TypeScript and shell, with what a comment before them asks for.
const fence =
  /(?:<!--\s*example:\s*(?<directives>(?:(?!-->).)*?)\s*-->\s*\n)?^```(?<language>ts|sh)\n(?<code>[\s\S]*?)^```$/gm;

/**
 * @param {string} page path of the page
 * @param {string} text its content
 */
export function readExamples(page, text) {
  const examples = [];
  for (const match of text.matchAll(fence)) {
    const { directives = '', language, code } = match.groups;
    const line = text.slice(0, match.index + match[0].indexOf('```')).split('\n').length;
    const wishes = directives.split(';').map((wish) => wish.trim());
    const wish = (name) =>
      wishes
        .find((each) => each.split(' ')[0] === name)
        ?.slice(name.length)
        .trim();
    const shortened = shorten(code, wishes, `${page}:${line}`);
    const previous = examples.findLast((each) => each.language === language);
    if (wish('continues') !== undefined && previous) {
      previous.code += shortened;
      continue;
    }
    examples.push({
      page,
      line,
      language,
      name: `${page.replaceAll(/\W+/g, '-')}-${line}`,
      code: shortened,
      skip: wish('skip'),
      check: wish('check'),
      needs: wish('needs'),
      inBackground: wish('background') !== undefined,
    });
  }
  return examples;
}

/** All code of a page, as it is written there. */
export function codeOf(text) {
  return Array.from(text.matchAll(fence), ({ groups }) => groups.code).join('\n');
}

function shorten(code, wishes, place) {
  let result = code;
  for (const wish of wishes) {
    const [from, to] = wish.split(' -> ');
    if (to === undefined) continue;
    if (!result.includes(from)) throw new Error(`${place}: the example does not contain '${from}'.`);
    result = result.replaceAll(from, to);
  }
  return result;
}
