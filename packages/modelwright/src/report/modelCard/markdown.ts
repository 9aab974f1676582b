/** Text that Markdown shows as it stands, on one line: in a table cell, a heading, a caption. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/[\\`*_[\]<>|]/g, '\\$&');
}

/** A Markdown table. Cells are escaped, except those already in backquotes. */
export function markdownTable(
  heading: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map(String).map(cell).join(' | ')} |`;
  return [line(heading), `|${' --- |'.repeat(heading.length)}`, ...rows.map(line)].join('\n');
}

/** Text as code within a line. */
export function inlineCode(text: string): string {
  const fence = '`'.repeat(1 + Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length)));
  const gap = fence.length > 1 ? ' ' : '';
  return `${fence}${gap}${text}${gap}${fence}`;
}

/** A fenced block of code. */
export function codeBlock(language: string, code: string): string {
  return `\`\`\`${language}\n${code.trimEnd()}\n\`\`\``;
}

function cell(text: string): string {
  return /^`.*`$/.test(text) ? text.replaceAll('|', '\\|') : escapeMarkdown(text);
}
