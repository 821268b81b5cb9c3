import { expose } from 'comlink';
import { TfjsLearner } from '../tfjs/tfjs-learner.ts';
import './comlink-errors.ts';

expose(new TfjsLearner(new URL('/runtime/tfjs/', self.location.origin).href));
