// For tests: a training that its own process kills outright after a number of steps. Arguments: folder, step.
import { longTraining } from './testing.js';

const [directory, step] = process.argv.slice(2);
await longTraining({
  checkpoint: { directory: directory!, everySteps: 2 },
  callbacks: [
    {
      onStepEnd(info) {
        if (info.step === Number(step)) process.kill(process.pid, 'SIGKILL');
      },
    },
  ],
});
