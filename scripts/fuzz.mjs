// Sends malformed requests to every address of a platform, and says which were not refused, and what they changed.
//   node scripts/fuzz.mjs [COUNT] [SEED] [DATABASE_URL]
import { fuzz } from '../packages/platform/dist/testing/fuzz.js';

const [count = '10000', seed = '1', databaseUrl] = process.argv.slice(2);
const { requests, statuses, faults, failures, changed } = await fuzz(
  Number(count),
  Number(seed),
  databaseUrl,
);
console.log('faults:', faults);
console.log('answers:', statuses);
for (const failure of failures.slice(0, 40)) console.log(failure);
if (changed.length > 0) console.log('changed:', changed.join(', '));
console.log(`${requests} requests, ${failures.length} not refused, ${changed.length} places changed`);
process.exitCode = failures.length + changed.length === 0 ? 0 : 1;
