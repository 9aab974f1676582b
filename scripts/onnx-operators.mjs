// Writes the table of ONNX operators in docs/importing-onnx.md from those that the importer takes; with --check it says whether the
// table is as it should be, and exits with 1 if it is not.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { supportedOperators } from 'modelwright/onnx';

const page = fileURLToPath(new URL('../docs/importing-onnx.md', import.meta.url));
const [begin, end] = ['<!-- operators: begin -->', '<!-- operators: end -->'];

const standard = supportedOperators.filter(({ domain }) => domain === '');
const learning = supportedOperators.filter(({ domain }) => domain !== '');
const names = (operators) => operators.map(({ name }) => `\`${name}\``).join(', ');
const wrap = (text, width = 140) => {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== '' && line.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
};
const rows = supportedOperators
  .filter(({ limits }) => limits)
  .map(({ domain, name, limits }) => [`\`${domain === '' ? '' : `${domain}.`}${name}\``, limits]);
const width = (column) => Math.max(...rows.map((row) => row[column].length), 8);
const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(width(i))).join(' | ')} |`;
const table = [
  begin,
  '',
  wrap(`The standard's own, ${standard.length}: ${names(standard)}.`),
  '',
  wrap(`Of \`ai.onnx.ml\`, ${learning.length}: ${names(learning)}.`),
  '',
  'With limits:',
  '',
  line(['operator', 'limits']),
  `| ${[0, 1].map((column) => '-'.repeat(width(column))).join(' | ')} |`,
  ...rows.map(line),
  '',
  end,
].join('\n');

const text = readFileSync(page, 'utf8');
const [start, stop] = [text.indexOf(begin), text.indexOf(end)];
if (start < 0 || stop < start)
  throw new Error(`${page} has no place for the table, between ${begin} and ${end}.`);
const wanted = text.slice(0, start) + table + text.slice(stop + end.length);
if (process.argv.includes('--check')) {
  const same = wanted === text;
  console.log(
    same
      ? 'The table of ONNX operators is up to date.'
      : "The table of ONNX operators is not: run 'npm run onnx-operators'.",
  );
  process.exitCode = same ? 0 : 1;
} else writeFileSync(page, wanted);
