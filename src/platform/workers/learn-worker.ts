import { expose } from 'comlink';
import { LocalLearner } from '../learner/local-learner.ts';
import './comlink-errors.ts';

expose(new LocalLearner());
