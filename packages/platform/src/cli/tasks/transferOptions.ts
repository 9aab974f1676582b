import { type Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from '../numbers.js';
import { PathOption } from '../pathOption.js';

type Factors = readonly (readonly [names: string, factor: number])[];

/** Names and a factor, `*=0.1`. */
function factorOf(text: string, earlier: Factors = []): Factors {
  const [, names, factor] = /^(.+)=([\d.e+-]+)$/.exec(text) ?? [];
  if (names === undefined || !(Number(factor) >= 0))
    throw new InvalidArgumentError("It should be names and a factor of 0 or more, such as '*=0.1'.");
  return [...earlier, [names, Number(factor)]];
}

/** The options of trainings that start from a model that is there already. */
export function addTransferOptions(command: Command): Command {
  return command
    .addOption(
      new PathOption(
        '--from <folder|file>',
        'start from a saved model or an ONNX file; its last layer is replaced',
      ),
    )
    .option(
      '--freeze <pattern>',
      "parameters that stay as they are, by name; '*' is all but the new layer; may be repeated",
      (pattern: string, earlier: readonly string[] = []) => [...earlier, pattern],
    )
    .option('--unfreeze-after <n>', 'epochs after which what is frozen is trained too', wholeNumber(1))
    .option(
      '--learning-rate-of <pattern=factor>',
      "what the learning rate of some parameters is multiplied with, such as '*=0.1'; may be repeated",
      factorOf,
    );
}
