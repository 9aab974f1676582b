/** The lines of a text without their ends, whichever system wrote them; a last empty one is no line. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/u);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
