// The runner's side of the protocol: a contestant is a child process that answers one JSON line to each command.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One contestant's process. It waits on its standard input, and so leaves the cores free, between commands. */
export class Contestant {
  #child;
  #waiting;
  #complaints = '';
  #ended;

  /** Starts the process; `ready` resolves to its `{ name, version, threads }`. */
  constructor({ command, args }, timeoutSeconds) {
    this.timeoutSeconds = timeoutSeconds;
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (text) => {
      this.#complaints = (this.#complaints + text).slice(-2000);
    });
    this.#child.stdin.on('error', () => {}); // a process that ended is reported by 'close'
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', (code) => this.#end(`the process ended with ${code}. ${this.#complaints}`));
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line));
    this.ready = this.#answer().then(({ ready }) => ready);
    this.ready.catch(() => {}); // told to whoever awaits it
  }

  /** Sends a command and waits for its answer; throws when the contestant failed. */
  ask(command) {
    const answer = this.#answer();
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    return answer;
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  async #answer() {
    let timer;
    const answer = await new Promise((resolve) => {
      if (this.#ended) return resolve(this.#ended);
      this.#waiting = resolve;
      timer = setTimeout(
        () => resolve({ error: `no answer in ${this.timeoutSeconds} s` }),
        this.timeoutSeconds * 1000,
      );
    });
    clearTimeout(timer);
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  #hear(line) {
    try {
      this.#settle(JSON.parse(line));
    } catch {
      this.#settle({ error: `not a JSON answer: ${line}` });
    }
  }

  #end(error) {
    this.#ended ??= { error };
    this.#settle(this.#ended);
  }

  #settle(answer) {
    this.#waiting?.(answer);
    this.#waiting = undefined;
  }
}
