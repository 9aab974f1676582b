// A client that costs little: many connections in one process, requests made beforehand, answers checked.
// Told by its parent {url, clients, seconds, warmup, requests, expected}; tells {seconds, ok, refused, wrong, broken, milliseconds}.
import { connect } from 'node:net';

/** Refused as it should be when there is too much: 429 or 503. */
const refusals = new Set([429, 503]);

process.once('message', async (task) => {
  process.send(await load(task));
  process.disconnect();
});

async function load({ url, clients, seconds, warmup, requests, expected, tolerance, binary, retryAfter }) {
  const { hostname, port } = new URL(url);
  const bodies = requests.map((text) => Buffer.from(text, 'latin1'));
  const counts = { ok: 0, refused: 0, wrong: 0, broken: 0 };
  const milliseconds = [];
  const start = performance.now() + warmup * 1000;
  const end = start + seconds * 1000;
  let longest = 0;
  await Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
  milliseconds.sort((a, b) => a - b);
  const at = (share) =>
    milliseconds[Math.min(milliseconds.length - 1, Math.floor(share * milliseconds.length))];
  return { seconds, ...counts, p50: at(0.5), p99: at(0.99), longest };

  function client(i) {
    return new Promise((done) => {
      let which = i % bodies.length;
      let sent = 0;
      let received = [];
      let size = 0;
      let socket;
      const open = () => {
        socket = connect(Number(port), hostname);
        socket.setNoDelay(true);
        socket.on('connect', ask);
        socket.on('data', take);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          if (performance.now() >= end) return done();
          if (sent >= start) counts.broken++;
          setTimeout(open, 10);
        });
      };
      const ask = () => {
        received = [];
        size = 0;
        sent = performance.now();
        if (sent >= end) return socket.destroy();
        socket.write(bodies[which]);
      };
      const take = (chunk) => {
        received.push(chunk);
        size += chunk.length;
        const bytes = received.length === 1 ? chunk : Buffer.concat(received);
        const head = bytes.indexOf('\r\n\r\n');
        if (head < 0) return;
        const text = bytes.latin1Slice(0, head);
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
        if (size < head + 4 + length) {
          received = [bytes];
          return;
        }
        const now = performance.now();
        longest = Math.max(longest, now - sent);
        const status = Number(text.slice(9, 12));
        const isCounted = sent >= start && now <= end;
        if (refusals.has(status)) {
          if (isCounted) counts.refused++;
          setTimeout(ask, retryAfter);
          return;
        }
        const right = status === 200 && isRight(bytes.subarray(head + 4), text);
        if (!right) counts.wrong++;
        if (isCounted && right) {
          counts.ok++;
          milliseconds.push(now - sent);
        }
        which = (which + 1) % bodies.length;
        ask();
      };
      const isRight = (body, head) => {
        const wanted = expected[which];
        if (binary) {
          const begin = Number(/inference-header-content-length: (\d+)/i.exec(head)?.[1] ?? 0);
          const floats = new Float32Array(new Uint8Array(body.subarray(begin)).buffer);
          return near(floats, wanted);
        }
        if (counts.ok % 10 !== 0) return true; // reading JSON would cost more than the rest
        return near(JSON.parse(body.toString()).outputs[0].data, wanted);
      };
      open();
    });
  }

  function near(values, wanted) {
    return (
      values.length === wanted.length && wanted.every((value, k) => Math.abs(values[k] - value) <= tolerance)
    );
  }
}
