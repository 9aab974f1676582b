// The process in which a saved model is tried.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { endWithParent } from '../runtime/endWithParent.js';
import { ortCpu } from '../runtime/ortNode.js';
import { checkOnnxFile } from './onnxFile.js';
import { openModel, warmUp } from './openModel.js';
import { onnxFilesOf } from './trial.js';

endWithParent();

async function tryHere(directory: string): Promise<void> {
  const { paths } = await onnxFilesOf(directory);
  for (const path of paths) await checkOnnxFile(path);
  const model = await openModel(directory, { runtime: ortCpu });
  await warmUp(model);
  await model.release();
  for (const path of paths) {
    if (basename(path) === 'model.onnx') continue;
    await (await ortCpu.open(await readFile(path), { inference: true })).release();
  }
}

process.send!(
  await tryHere(process.argv[2]!).then(
    () => ({}),
    (error: Error) => ({ error: error.message }),
  ),
);
