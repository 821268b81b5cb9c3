import { expose } from 'comlink';
import { LocalLearner } from '../learner/local-learner.ts';
import './comlink-errors.ts';
import { reportRequests } from './report-requests.ts';

reportRequests();
expose(new LocalLearner());
