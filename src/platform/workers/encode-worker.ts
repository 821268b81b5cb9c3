import { expose } from 'comlink';
import { EncodeService } from './encode-service.ts';
import { announceLife } from './life.ts';
import './comlink-errors.ts';

expose(new EncodeService(self.location.origin));
announceLife();
