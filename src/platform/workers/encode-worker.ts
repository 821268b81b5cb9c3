import { expose } from 'comlink';
import { EncodeService } from './encode-service.ts';
import { announceLife } from './life.ts';
import './comlink-errors.ts';
import { reportRequests } from './report-requests.ts';

reportRequests();
expose(new EncodeService(self.location.origin));
announceLife();
