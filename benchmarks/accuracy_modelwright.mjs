// Trains the digit CNN on MNIST (Adam 1e-3, batch 32), the counterpart of accuracy_torch.py: one line of JSON a seed, with the
// seconds of each epoch, the loss and accuracy on the test set, and how late a 10 ms timer of the main thread ever was.
// Needs MODELWRIGHT_DATA, or a network to fetch MNIST from.
import { parseArgs } from 'node:util';
import { accuracy, adam, crossEntropy, digitsCnn, evaluate, fit } from 'modelwright';
import { mnist } from 'modelwright/data';

const { values } = parseArgs({
  options: { epochs: { type: 'string', default: '5' }, seeds: { type: 'string', default: '0,1,2' } },
});
const { train, test } = await mnist();
const period = 10;
let late = 0;
let last = performance.now();
const timer = setInterval(() => {
  const now = performance.now();
  late = Math.max(late, now - last - period);
  last = now;
}, period);
for (const seed of values.seeds.split(',').map(Number)) {
  late = 0;
  const trained = await fit(digitsCnn({ classes: 10 }), train, {
    loss: crossEntropy,
    optimizer: adam(1e-3),
    metrics: [accuracy],
    epochs: Number(values.epochs),
    seed,
    progress: false,
  });
  const worst = Math.round(late);
  const epochSeconds = trained.history.epochs.map(({ seconds }) => Number(seconds.toFixed(1)));
  console.log(
    JSON.stringify({ seed, epochSeconds, test: await evaluate(trained, test), timerLateMilliseconds: worst }),
  );
}
clearInterval(timer);
