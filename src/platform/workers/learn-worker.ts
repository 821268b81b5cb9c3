import { expose } from 'comlink';
import type { BackendChoice } from '../../domain/events.ts';
import type { LearnerInfo } from '../../loop/learner-ports.ts';
import { LocalLearner } from '../learner/local-learner.ts';
import { warmUp } from '../learner/warm-up.ts';
import './comlink-errors.ts';
import { reportRequests } from './report-requests.ts';

const WARM_UP_MS = 400;

/** Answers once its code is compiled: calls would take longer before. `LearnersAhead` starts one before it is needed. */
export class WarmLearner extends LocalLearner {
  // What goes wrong on made-up items shows again, with a sentence, on real ones.
  readonly #warm: Promise<unknown> = warmUp(WARM_UP_MS, () => performance.now()).catch(() => undefined);

  async ready(): Promise<void> {
    await this.#warm;
  }
  override async open(backend: BackendChoice): Promise<LearnerInfo> {
    await this.#warm;
    return super.open(backend);
  }
}

reportRequests();
expose(new WarmLearner());
