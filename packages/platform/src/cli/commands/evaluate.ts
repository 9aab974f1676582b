import { type Command, Option } from 'commander';
import { examples } from '../help.js';
import { wholeNumber } from '../numbers.js';
import { countText, metricsText, type OutputOptions, writeResult } from '../output.js';
import { taskOf } from '../tasks/index.js';
import type { EvaluateOptions } from '../tasks/task.js';

/** `modelwright evaluate MODEL`: measures a saved model. */
export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('measure a saved model on data')
    .argument('<model>', 'folder of a saved model')
    .requiredOption('-d, --data <folder|name>', 'the data, as for training; of a dataset its test part')
    .option('-b, --batch-size <n>', 'examples at a time', wholeNumber(1))
    .addOption(new Option('--device <device>', 'what to compute with').choices(['cpu', 'webgpu']))
    .option('--json', 'end with one line of JSON')
    .addHelpText('after', examples(['modelwright evaluate models/photos --data photos-test/']))
    .action(async (model: string, { json, ...options }: EvaluateOptions & OutputOptions) => {
      const { readModelFolder } = await import('modelwright/saved');
      const { config } = await readModelFolder(model);
      const result = await taskOf(config.task).evaluate(model, options);
      const { confusionMatrixText } = await import('modelwright/report');
      const { metrics, confusionMatrix, labels } = result;
      const matrix = confusionMatrix && labels ? `\n\n${confusionMatrixText(confusionMatrix, labels)}` : '';
      writeResult(
        { ...(json && { json }) },
        result,
        () => `${countText(result.examples)} examples of ${result.data}: ${metricsText(metrics)}${matrix}`,
      );
    });
}
