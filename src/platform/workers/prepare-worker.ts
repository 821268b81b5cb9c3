import { expose } from 'comlink';
import { PrepareService } from './prepare-service.ts';
import { announceLife } from './life.ts';
import './comlink-errors.ts';
import { reportRequests } from './report-requests.ts';

reportRequests();
expose(new PrepareService(self.location.origin));
announceLife();
