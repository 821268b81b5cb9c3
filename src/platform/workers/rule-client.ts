import { WinnowError } from '../../domain/errors.ts';
import type { TextRule } from '../../domain/rules.ts';
import type { RuleMatcher } from '../../loop/app-ports.ts';
import { WorkerConnection } from './connection.ts';
import type { RuleService } from './rule-worker.ts';

const LIMIT_MS = 2000;

/**
 * Rules in a worker of their own: some regular expressions take longer than the universe has on the wrong text, and nothing
 * but the end of its thread stops one.
 */
export class WorkerRuleMatcher implements RuleMatcher {
  readonly #connection = new WorkerConnection<RuleService>(
    () => new Worker(new URL('./rule-worker.ts', import.meta.url), { type: 'module', name: 'rules' }),
  );
  readonly #limitMs: number;

  constructor(limitMs = LIMIT_MS) {
    this.#limitMs = limitMs;
  }

  async hits({ kind, text }: Pick<TextRule, 'kind' | 'text'>, texts: readonly string[]): Promise<Int32Array> {
    // Starting the worker is not the rule's time.
    await this.#connection.call((w) => w.ready());
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#connection.stop();
    }, this.#limitMs);
    try {
      return await this.#connection.call((w) => w.hits({ kind, text }, texts));
    } catch (error) {
      throw isLate ? new WinnowError('rule-too-slow') : error;
    } finally {
      clearTimeout(timer);
    }
  }

  stop(): void {
    this.#connection.stop();
  }
}
