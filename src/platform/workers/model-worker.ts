import { expose } from 'comlink';
import { announceLife } from './life.ts';
import { ModelService } from './model-service.ts';
import './comlink-errors.ts';
import { reportRequests } from './report-requests.ts';

reportRequests();
expose(new ModelService());
announceLife();
