import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** A password that nobody sees: asked for on a terminal, else the first line of standard input. @throws Error when there is none */
export async function readPassword(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    const [line] = (await text(stdin)).split(/\r?\n/);
    if (!line) throw new Error('No password came on standard input: send it as the first line.');
    return line;
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output: silent, terminal: true });
  try {
    stderr.write(`${question}: `);
    return await terminal.question('');
  } finally {
    terminal.close();
    stderr.write('\n');
  }
}
