import { expose } from 'comlink';
import { ModelService } from './model-service.ts';
import './comlink-errors.ts';

expose(new ModelService());
