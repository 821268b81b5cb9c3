import { expose } from 'comlink';
import { announceLife } from './life.ts';
import { ModelService } from './model-service.ts';
import './comlink-errors.ts';

expose(new ModelService());
announceLife();
