// For tests: numbers made by another program, kept beside the test in the source folder, where the compiler does not copy them.
import { readFileSync } from 'node:fs';

const compiledFolder = new URL('..', import.meta.url).href;
const sourceFolder = new URL('../../src/', import.meta.url);

/**
 * Reads a JSON file that lies beside a test: `readFixture<Cases>(import.meta.url, 'fixtures/cases.json')`.
 * @param test `import.meta.url` of the compiled test
 * @param path from the folder of the test's source
 */
export function readFixture<Content>(test: string, path: string): Content {
  const source = new URL(test.slice(compiledFolder.length), sourceFolder);
  return JSON.parse(readFileSync(new URL(path, source), 'utf8')) as Content;
}
